"""How several results of one op print: each under its name, in a line of its own, as PyTorch's return types do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

Results = TypeVar("Results", bound=type[Any])


def shown_as(name: str) -> Callable[[Results], Results]:
    """Let a named tuple print as what the op of this name returns."""

    def shown(self: Any) -> str:
        fields = [f"{field}={value!r}" for field, value in zip(self._fields, self, strict=True)]
        return "\n".join([f"engine.return_types.{name}(", ",\n".join(fields)]) + ")"

    def decorate(results: Results) -> Results:
        cast(Any, results).__repr__ = shown
        return results

    return decorate
