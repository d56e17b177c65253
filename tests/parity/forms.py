"""The other ways to call an operation: as a method, in place, by an operator, under its aliases."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch

from engine import Tensor
from tests.parity.compare import Disagreement, compare
from tests.parity.invariants import without_signs
from tests.parity.names import by_path, ours_for
from tests.parity.refusals import compare_refusals, refusal
from tests.parity.tolerances import tolerances_of
from tests.parity.translate import our_call, their_call


class Form(NamedTuple):
    """One way to call an operation, PyTorch's and ours; ours is None where we have it not."""

    name: str
    theirs: Callable[..., Any]
    ours: Callable[..., Any] | None
    in_place: bool = False


def forms_of(entry: Any) -> list[Form]:
    """All that the database lists for an entry besides the function itself."""
    return [*_methods(entry), *_operators(entry), *_aliases(entry)]


def compare_form(entry: Any, form: Form, sample: Any) -> None:
    """Raise Disagreement unless a form gives PyTorch's result, or is refused with PyTorch's kind of error."""
    if form.ours is None or not isinstance(sample.input, torch.Tensor):
        return
    theirs_given, ours_given = their_call(sample, requires_grad=False), our_call(sample, requires_grad=False)
    try:
        theirs = form.theirs(*theirs_given.args, **theirs_given.kwargs)
    except Exception as error:
        compare_refusals(refusal(form.ours, ours_given), error, form.name)
        return
    ours = form.ours(*ours_given.args, **ours_given.kwargs)
    visible = without_signs(entry.name)
    compare(visible(ours), visible(theirs), form.name, tolerances_of(entry.name))
    if form.in_place and ours is not ours_given.args[0]:
        raise Disagreement(f"{form.name}: the result is not the tensor that was written into")


def _methods(entry: Any) -> Iterator[Form]:
    for method, in_place in ((entry.method_variant, False), (entry.inplace_variant, True)):
        name = getattr(method, "__name__", "")
        if hasattr(torch.Tensor, name):
            yield Form(f"Tensor.{name}", method, getattr(Tensor, name, None), in_place)
        elif method is not None:
            yield Form(f"{entry.name} in place", method, ours_for(method, entry.name), in_place)


def _operators(entry: Any) -> Iterator[Form]:
    for operator, in_place in ((entry.operator_variant, False), (entry.inplace_operator_variant, True)):
        if operator is not None:
            yield Form(f"operator.{operator.__name__}", operator, operator, in_place)


def _aliases(entry: Any) -> Iterator[Form]:
    for alias in entry.aliases:
        if alias.op is not None:
            yield Form(alias.name, alias.op, by_path(alias.name))
