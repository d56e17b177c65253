"""The harness sees what it is there to see: each kind of difference is found, and what only looks like one is not."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import engine
from tests.parity.compare import Disagreement, compare
from tests.parity.database import entries
from tests.parity.forms import Form, compare_form
from tests.parity.names import by_path, our_function
from tests.parity.reasons import Reason, reason_for
from tests.parity.refusals import compare_messages, compare_refusals
from tests.parity.samples import compare_call, samples_of
from tests.parity.translate import our_call

pytestmark = pytest.mark.parity


def entry_of(name: str) -> Any:
    return next(each for each in entries() if each.name == name)


def sample_of(name: str, dtype: torch.dtype = torch.float64) -> Any:
    return next(sample for _, sample in samples_of(entry_of(name), dtype))


def test_the_right_function_agrees() -> None:
    compare_call(entry_of("mul"), lambda x, y: y * x, sample_of("mul"))


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (lambda x, y: x * y * (1 + 1e-8), "values differ"),
        (lambda x, y: (x * y).float(), "dtype float32, PyTorch gives float64"),
        (lambda x, y: (x * y).unsqueeze(0), "shape"),
        (lambda x, y: (x * y).detach(), "requires_grad is False"),
        (lambda x, y: x.detach() * y, "gradient of tensor 0"),
        (lambda x, y: x * y + (x - x.detach()) * 1e-3, "gradient of tensor 0"),
        (lambda x, y: (x * y).numpy(force=True), "PyTorch gives a tensor"),
        (lambda x, y: (x * y, y), "2 outputs, PyTorch gives 1"),
    ],
)
def test_a_wrong_function_is_found(wrong: Callable[..., Any], complaint: str) -> None:
    with pytest.raises(Disagreement, match=complaint):
        compare_call(entry_of("mul"), wrong, sample_of("mul"))


def test_a_result_without_its_names_is_found() -> None:
    with pytest.raises(Disagreement, match="field `values`"):
        compare_call(entry_of("sort"), lambda *args, **kwargs: (*engine.sort(*args, **kwargs),), sample_of("sort"))


def test_an_in_place_form_that_returns_another_tensor_is_found() -> None:
    form = Form("Tensor.mul_", torch.Tensor.mul_, lambda x, y: x.mul_(y).clone(), in_place=True)
    with pytest.raises(Disagreement, match="not the tensor that was written into"):
        compare_form(entry_of("mul"), form, sample_of("mul"))


def test_nan_and_infinities_are_equal_to_themselves_alone() -> None:
    special = np.array([np.nan, np.inf, -np.inf])
    compare(engine.from_numpy(special), torch.from_numpy(special), "result")
    for wrong in ([np.nan, np.inf, 1], [0, np.inf, -np.inf], [np.nan, np.nan, -np.inf]):
        with pytest.raises(Disagreement, match="1 of 3"):
            compare(engine.tensor(wrong, dtype=engine.float64), torch.from_numpy(special), "result")


def test_float32_may_be_as_inexact_as_pytorch_is_but_not_more() -> None:
    exact, theirs = torch.ones(1, dtype=torch.float64), torch.tensor([1.01])
    compare(engine.tensor([0.99]), theirs, "result", exact=exact)
    with pytest.raises(Disagreement):
        compare(engine.tensor([0.99]), theirs, "result")
    with pytest.raises(Disagreement):
        compare(engine.tensor([1.1]), theirs, "result", exact=exact)


def test_refusals_are_compared_by_kind_and_by_what_they_name() -> None:
    with pytest.raises(Disagreement, match="no error"):
        compare_refusals(None, RuntimeError("bad"), "call")
    with pytest.raises(Disagreement, match="ValueError"):
        compare_refusals(ValueError("bad"), RuntimeError("bad"), "call")
    compare_refusals(engine.linalg.LinAlgError("singular"), RuntimeError("singular"), "call")
    sample = sample_of("mul")
    with pytest.raises(Disagreement, match="names nothing"):
        compare_messages(RuntimeError("something is wrong"), RuntimeError("bad"), sample)
    compare_messages(RuntimeError("mul is not for engine.float64"), RuntimeError("bad"), sample)


def test_names_are_found_by_path() -> None:
    assert by_path("nn.functional.relu") is engine.nn.functional.relu
    assert by_path("__radd__") is engine.Tensor.__radd__
    assert by_path("nn.functional") is None
    assert by_path("no_such_name") is None


def test_lines_that_pytorch_wrote_around_a_function_run_with_the_engine() -> None:
    entry, sample = entry_of("where"), sample_of("where")
    call, function = our_call(sample), our_function(entry)
    assert function is not None
    chosen, condition, other = call.args
    assert engine.equal(function(chosen, condition, other), engine.where(condition, chosen, other))


def test_translated_tensors_keep_values_strides_and_who_is_who() -> None:
    sample = sample_of("mul")
    x = torch.arange(6.0).reshape(2, 3).t()[1:]
    sample.input, sample.args = x, (x, [x])
    first, second, (third,) = our_call(sample).args
    assert first is second is third
    assert first.tolist() == x.tolist()
    assert (first.stride(), first.storage_offset()) == (x.stride(), x.storage_offset())


@pytest.mark.parametrize(
    ("name", "argument", "reason"),
    [
        ("mul", torch.ones(2, dtype=torch.complex64), Reason.COMPLEX),
        ("mul", torch.eye(2).to_sparse(), Reason.LAYOUT),
        ("bernoulli", torch.full((20,), 0.5), Reason.RANDOM),
        ("bernoulli", torch.ones(20), None),
        ("empty_like", torch.ones(2), Reason.UNINITIALISED),
        ("_softmax_backward_data", torch.ones(2), Reason.INTERNAL),
        ("mul", torch.ones(2), None),
    ],
)
def test_reasons_are_worked_out_from_the_sample(name: str, argument: torch.Tensor, reason: Reason | None) -> None:
    sample = sample_of(name)
    sample.input = argument
    sample.args = sample.args if name != "mul" else (argument,)
    assert reason_for(entry_of(name), sample) is reason
