"""Why a sample is left out: the closed list, each reason worked out from the entry and the sample."""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import torch

from tests.parity.names import is_wrapper, names_used, without_seeding
from tests.parity.settings import SEED
from tests.parity.translate import leaves_of, their_call


class Reason(StrEnum):
    """All the reasons there are."""

    RANDOM = "random values"
    COMPLEX = "complex input"
    LAYOUT = "sparse, quantised or jagged layout"
    INTERNAL = "torch-internal name"
    UNINITIALISED = "uninitialised memory"


# Shapes and dtypes are still compared.
ONLY_VALUES = (Reason.RANDOM, Reason.UNINITIALISED)
TRIES = 16


def is_internal(entry: Any) -> bool:
    """Whether users never see the name: ATen's own ops, underscored names, compilers of other languages."""
    parts = entry.name.split(".")
    underscored = any(part.startswith("_") and not part.endswith("__") for part in parts)
    compiled = parts[0] in ("jiterator", "native") or re.match(r"(jiterator|native)_", entry.name) is not None
    return underscored or compiled or parts[0] == "torch" or "aten" in names_used(entry.op)


def reason_for(entry: Any, sample: Any) -> Reason | None:
    """Why this sample can't be held against PyTorch's result; None if it can."""
    reason = reason_of_arguments(entry, sample)
    if reason is not None:
        return reason
    if _holds_uninitialised_memory(entry, sample):
        return Reason.UNINITIALISED
    return Reason.RANDOM if _is_random(entry, sample) else None


def reason_of_arguments(entry: Any, sample: Any) -> Reason | None:
    """Why a call can't be made of the engine: its name, or what it is given; None if it can."""
    if is_internal(entry):
        return Reason.INTERNAL
    leaves = leaves_of([sample.input, *sample.args, sample.kwargs])
    if any(_is_complex(leaf) for leaf in leaves):
        return Reason.COMPLEX
    if any(_is_laid_out_otherwise(leaf) for leaf in leaves) or "sparse" in entry.name:
        return Reason.LAYOUT
    return None


def _is_complex(leaf: Any) -> bool:
    return isinstance(leaf, complex) or (isinstance(leaf, torch.Tensor) and leaf.is_complex())


def _is_laid_out_otherwise(leaf: Any) -> bool:
    if isinstance(leaf, torch.layout):
        return leaf is not torch.strided
    return isinstance(leaf, torch.Tensor) and (leaf.layout is not torch.strided or leaf.is_quantized or leaf.is_nested)


def _holds_uninitialised_memory(entry: Any, sample: Any) -> bool:
    if "empty" in entry.name:
        return True
    if not entry.name.startswith("resize"):
        return False
    torch.use_deterministic_algorithms(True)  # fills new memory with NaN
    try:
        return bool(_result(entry.op, sample).isnan().any())
    finally:
        torch.use_deterministic_algorithms(False)


def _is_random(entry: Any, sample: Any) -> bool:
    """Whether the call draws random numbers, and its result depends on which."""
    function = without_seeding(entry.op) if is_wrapper(entry.op) else entry.op
    before = torch.get_rng_state()
    first = _result(function, sample)
    if torch.equal(before, torch.get_rng_state()):
        return False
    for attempt in range(TRIES):
        torch.manual_seed(SEED + attempt)
        if not _are_equal(first, _result(function, sample)):
            return True
    return False


def _result(function: Callable[..., Any], sample: Any) -> Any:
    call = their_call(sample, requires_grad=False)
    return function(*call.args, **call.kwargs)


def _are_equal(first: Any, second: Any) -> bool:
    return all(
        torch.equal(torch.nan_to_num(one), torch.nan_to_num(other)) if isinstance(one, torch.Tensor) else one == other
        for one, other in zip(leaves_of(first), leaves_of(second), strict=True)
    )
