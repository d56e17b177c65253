"""When two results agree: one rule for values, dtypes, shapes and the forms that results come in."""

from typing import Any

import numpy as np
import torch

from engine import Tensor
from tests.parity.tolerances import EXACT, TOLERANCES, Tolerance
from tests.parity.translate import ROUNDED, leaves_of


class Disagreement(AssertionError):
    """Our result is not PyTorch's; the message says where they part."""


def dtype_name(value: Any) -> str:
    """`float32`, of a dtype or a tensor of either library."""
    return str(getattr(value, "dtype", value)).rsplit(".", 1)[-1]


def compare(
    ours: Any,
    theirs: Any,
    what: str,
    tolerances: dict[str, Tolerance] = TOLERANCES,
    exact: Any = None,
    values: bool = True,
) -> None:
    """Raise Disagreement unless two results agree, tuples and lists element by element.

    Where `exact` is given, PyTorch's result in float64, ours of fewer digits may lie twice as far from it as theirs.
    """
    for field in getattr(theirs, "__match_args__", ()):
        if not hasattr(ours, field):
            raise Disagreement(f"{what}: PyTorch's result has a field `{field}`, ours ({type(ours).__name__}) has not")
    our_leaves, their_leaves = leaves_of(ours), leaves_of(theirs)
    if len(our_leaves) != len(their_leaves):
        raise Disagreement(f"{what}: {len(our_leaves)} outputs, PyTorch gives {len(their_leaves)}")
    exact_leaves = [None] * len(their_leaves) if exact is None else leaves_of(exact)
    for position, (our_leaf, their_leaf) in enumerate(zip(our_leaves, their_leaves, strict=True)):
        place = f"{what}[{position}]" if len(their_leaves) > 1 else what
        if isinstance(their_leaf, torch.Tensor):
            _compare_kinds(our_leaf, their_leaf, place)
            if values:
                _compare_values(our_leaf, their_leaf, place, tolerances, exact_leaves[position])
        else:
            _compare_others(our_leaf, their_leaf, place, tolerances)


def _compare_kinds(ours: Any, theirs: torch.Tensor, what: str) -> None:
    if not isinstance(ours, Tensor):
        raise Disagreement(f"{what}: {type(ours).__name__} {ours!r}, PyTorch gives a tensor")
    if dtype_name(ours) != dtype_name(theirs):
        raise Disagreement(f"{what}: dtype {dtype_name(ours)}, PyTorch gives {dtype_name(theirs)}")
    if tuple(ours.shape) != tuple(theirs.shape):
        raise Disagreement(f"{what}: shape {tuple(ours.shape)}, PyTorch gives {tuple(theirs.shape)}")
    if ours.requires_grad != theirs.requires_grad:
        raise Disagreement(f"{what}: requires_grad is {ours.requires_grad}, PyTorch gives {theirs.requires_grad}")


def _compare_values(
    ours: Any, theirs: torch.Tensor, what: str, tolerances: dict[str, Tolerance], exact: torch.Tensor | None
) -> None:
    tolerance = tolerances.get(dtype_name(theirs), EXACT)
    our_values, their_values = our_array(ours), their_array(theirs)
    if exact is not None and theirs.dtype in ROUNDED:
        exact_values = their_array(exact)
        tolerance = tolerance.widened(2 * _largest(their_values - exact_values) / max(1, _largest(exact_values)))
        their_values = exact_values
    _compare_arrays(our_values, their_values, what, tolerance)


def _compare_others(ours: Any, theirs: Any, what: str, tolerances: dict[str, Tolerance]) -> None:
    if isinstance(theirs, torch.dtype | torch.device | torch.layout):
        if dtype_name(ours) != dtype_name(theirs):
            raise Disagreement(f"{what}: {ours}, PyTorch gives {theirs}")
    elif type(theirs) in (int, float, bool) and type(ours) is not type(theirs):
        raise Disagreement(f"{what}: {type(ours).__name__} {ours!r}, PyTorch gives {type(theirs).__name__} {theirs!r}")
    elif isinstance(theirs, float):
        _compare_arrays(np.asarray(ours), np.asarray(theirs), what, tolerances["float64"])
    elif ours != (tuple(theirs) if isinstance(theirs, torch.Size) else theirs):
        raise Disagreement(f"{what}: {ours!r}, PyTorch gives {theirs!r}")


def our_array(tensor: Any) -> np.ndarray:
    """The elements; bfloat16 as float32."""
    plain = tensor.detach()
    return np.asarray((plain.float() if dtype_name(plain) == "bfloat16" else plain).numpy())


def their_array(tensor: torch.Tensor) -> np.ndarray:
    """The elements; bfloat16 as float32."""
    plain = tensor.detach()
    return np.asarray((plain.float() if plain.dtype is torch.bfloat16 else plain).numpy(force=True))


def _compare_arrays(ours: np.ndarray, theirs: np.ndarray, what: str, tolerance: Tolerance) -> None:
    apart = ~_are_near(ours, theirs, tolerance) if theirs.dtype.kind in "fc" else np.asarray(ours != theirs)
    if np.any(apart):
        where = tuple(int(each) for each in np.argwhere(apart)[0])
        raise Disagreement(
            f"{what}: {np.sum(apart)} of {apart.size} values differ, first at {list(where)}: "
            f"{ours[where]!r}, PyTorch gives {theirs[where]!r}"
        )


def _are_near(ours: np.ndarray, theirs: np.ndarray, tolerance: Tolerance) -> np.ndarray:
    with np.errstate(all="ignore"):
        magnitude = max(1, _largest(theirs))
        near = np.abs(ours - theirs) <= tolerance.relative * np.abs(theirs) + tolerance.absolute * magnitude
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    return np.where(np.isfinite(theirs), near, same)


def _largest(values: np.ndarray) -> float:
    return float(np.abs(values[np.isfinite(values)]).max(initial=0))
