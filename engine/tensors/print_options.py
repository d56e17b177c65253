"""How tensors are printed, for all of them at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class PrintOptions:
    """Digits, when to shorten, what is left at each edge then, the width of a line, and powers of ten or not."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


options = PrintOptions()
PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": float("inf"), "edgeitems": 3, "linewidth": 80},
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Choose how tensors are printed, by a profile or one by one (torch.set_printoptions).

    Profiles are `default`, `short` and `full`. What is not given stays; but without `sci_mode`, powers of ten are used
    where numbers lie far apart. Raises ValueError for an unknown profile.
    """
    if profile is not None and profile not in PROFILES:
        raise ValueError(f"set_printoptions(): no profile {profile!r}; there are {', '.join(PROFILES)}")
    chosen = dict(PROFILES[profile]) if profile is not None else {}
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    chosen.update({name: value for name, value in given.items() if value is not None})
    for name, value in chosen.items():
        setattr(options, name, value)
    options.sci_mode = sci_mode
