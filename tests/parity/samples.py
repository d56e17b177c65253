"""The samples of an entry, and what holding one of them against PyTorch means."""

from collections.abc import Callable, Iterator
from typing import Any

import torch

from tests.parity.compare import Disagreement, compare
from tests.parity.forms import compare_form, forms_of
from tests.parity.gradients import Evaluation, our_evaluation, their_evaluation
from tests.parity.invariants import without_signs
from tests.parity.names import our_function
from tests.parity.reasons import ONLY_VALUES, Reason, reason_for
from tests.parity.refusals import compare_refusals, refusal
from tests.parity.settings import EVERY, seed_all
from tests.parity.tolerances import tolerances_of
from tests.parity.translate import exact_sample, our_call, their_call

MEASURED = (torch.float32, torch.float64)


def dtypes_of(entry: Any) -> list[torch.dtype]:
    """float32 and float64; int64 or bool for what takes neither."""
    supported = entry.supported_dtypes("cpu")
    floating = [each for each in MEASURED if each in supported]
    return floating or [each for each in (torch.int64, torch.bool) if each in supported][:1]


def samples_of(entry: Any, dtype: torch.dtype) -> Iterator[tuple[int, Any]]:
    """The samples, numbered, drawn by the run's seed; all of them, or every third."""
    seed_all()
    wants_gradient = entry.supports_autograd and dtype in entry.supported_backward_dtypes("cpu")
    drawn = list(entry.sample_inputs("cpu", dtype, requires_grad=wants_gradient, set_seed=False))
    return ((index, sample) for index, sample in enumerate(drawn) if index % EVERY == 0)


def check_sample(entry: Any, sample: Any) -> Reason | None:
    """Hold one sample against PyTorch in all forms; the reason if it is left out. Raises what went wrong."""
    reason = reason_for(entry, sample)
    function = our_function(entry)
    if function is None or reason not in (None, *ONLY_VALUES):
        return reason
    if reason is not None:
        _compare_outside(entry, function, sample)
        return reason
    compare_call(entry, function, sample)
    for form in forms_of(entry):
        compare_form(entry, form, sample)
    return None


def compare_call(entry: Any, function: Callable[..., Any], sample: Any) -> None:
    """Raise Disagreement unless a function of ours gives PyTorch's results and gradients for a sample."""
    try:
        theirs = their_evaluation(entry, sample)
    except Exception as error:
        compare_refusals(refusal(function, our_call(sample)), error, "result")
        return
    try:
        _compare_evaluations(entry, function, sample, theirs, None)
    except Disagreement:
        exact = exact_sample(sample)
        if exact is None:
            raise
        _compare_evaluations(entry, function, sample, theirs, their_evaluation(entry, exact))


def _compare_evaluations(
    entry: Any, function: Callable[..., Any], sample: Any, theirs: Evaluation, exact: Evaluation | None
) -> None:
    visible, tolerances = without_signs(entry.name), tolerances_of(entry.name)

    def check(result: Any) -> None:
        exact_result = None if exact is None else visible(exact.result)
        compare(visible(result), visible(theirs.result), "result", tolerances, exact_result)

    ours = our_evaluation(function, sample, check)
    for position, their_gradient in enumerate(theirs.gradients):
        our_gradient, what = ours.gradients[position], f"gradient of tensor {position}"
        exact_gradient = exact.gradients[position] if exact is not None and exact.gradients else None
        if their_gradient is not None:
            compare(our_gradient, their_gradient, what, tolerances, exact_gradient)
        elif our_gradient is not None and bool((our_gradient != 0).any()):
            raise Disagreement(f"{what}: not zero, where PyTorch's is undefined")


def _compare_outside(entry: Any, function: Callable[..., Any], sample: Any) -> None:
    """Shapes and dtypes alone: the values are chance."""
    theirs_given, ours_given = their_call(sample, requires_grad=False), our_call(sample, requires_grad=False)
    theirs = entry.op(*theirs_given.args, **theirs_given.kwargs)
    compare(function(*ours_given.args, **ours_given.kwargs), theirs, "result", values=False)
