"""The calls that PyTorch refuses, and what holding one of them against PyTorch means."""

from collections.abc import Iterator
from typing import Any

import torch

from tests.parity.names import our_function
from tests.parity.reasons import Reason, reason_of_arguments
from tests.parity.refusals import compare_messages, compare_refusals, refusal
from tests.parity.settings import seed_all
from tests.parity.translate import leaves_of, our_call, their_call

NUMPY_DIMENSIONS = 64


def has_errors(entry: Any) -> bool:
    """Whether the database lists calls of this entry that must be refused."""
    return entry.error_inputs_func is not None


def errors_of(entry: Any) -> Iterator[tuple[int, Any]]:
    """The arguments that PyTorch refuses, numbered, drawn by the run's seed.

    Some of those listed it takes; no array has the 65 dimensions that others have; no method is called on a number.
    """
    seed_all()
    for index, listed in enumerate(entry.error_inputs("cpu", set_seed=False)):
        sample = listed.sample_input
        if _is_possible(entry, sample) and refusal(entry.op, their_call(sample)):
            yield index, sample


def check_error(entry: Any, sample: Any) -> Reason | None:
    """Hold the refusal of one call against PyTorch's; the reason if it is left out. Raises what went wrong."""
    reason = reason_of_arguments(entry, sample)
    function, theirs = our_function(entry), refusal(entry.op, their_call(sample))
    if reason is not None or function is None or theirs is None:
        return reason
    ours = refusal(function, our_call(sample))
    compare_refusals(ours, theirs, "refusal")
    if ours is not None:
        compare_messages(ours, theirs, sample)
    return None


def _is_possible(entry: Any, sample: Any) -> bool:
    leaves = leaves_of([sample.input, *sample.args, sample.kwargs])
    is_method_of_number = entry.name.startswith("__") and not isinstance(sample.input, torch.Tensor)
    tensors = [each for each in leaves if isinstance(each, torch.Tensor)]
    return not is_method_of_number and all(each.ndim <= NUMPY_DIMENSIONS for each in tensors)
