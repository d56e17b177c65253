"""The bases of elementwise layers: those without settings, and those that can write over their input."""

from __future__ import annotations

from engine.nn.module import Module


class InPlaceLayer(Module):
    """A layer whose only setting is `inplace`: write the result over the input."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""

    def _with_inplace(self, settings: str) -> str:
        return f"{settings}, inplace=True" if self.inplace else settings
