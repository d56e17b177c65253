"""PyTorch's database of operations: its entries, imported when first asked for, since that takes seconds."""

from functools import cache
from typing import Any

import pytest


@cache
def entries() -> tuple[Any, ...]:
    """All entries, in PyTorch's order."""
    from torch.testing._internal.common_methods_invocations import op_db

    return tuple(op_db)


def entries_wanted(config: pytest.Config) -> tuple[Any, ...]:
    """All entries, or none in a run that leaves parity out."""
    return () if "not parity" in config.option.markexpr else entries()
