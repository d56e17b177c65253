"""Anomaly detection names the op, the module and the line of the call, and is turned on and off as in PyTorch."""

from typing import Any

import pytest

import engine
from engine import nn
from engine.autograd import Function, detect_anomaly, set_detect_anomaly


class Root(nn.Module):
    """A square root, which has no gradient at 0 that is a number times 0."""

    def forward(self, x: Any) -> Any:
        return x.sqrt()  # the line to be named


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = Root()

    def forward(self, x: Any) -> Any:
        return self.inner(x) * 0


class Failing(Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x * 1

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        raise KeyError("lost")


def zero() -> Any:
    return engine.zeros(2, requires_grad=True)


def test_a_nan_gradient_is_named_with_op_module_and_line() -> None:
    with detect_anomaly(), pytest.raises(RuntimeError) as caught:
        Model()(zero()).sum().backward()
    text = str(caught.value)
    assert text.startswith("Function 'SqrtBackward0' in module inner returned nan values in its 0th output.")
    assert text.rstrip().endswith("return x.sqrt()  # the line to be named")
    assert "engine/nn/module" not in text


def test_without_the_check_nan_passes_and_errors_are_still_named() -> None:
    with detect_anomaly(check_nan=False):
        x = zero()
        Model()(x).sum().backward()
        assert bool(x.grad.isnan().all())
        with pytest.raises(KeyError, match="lost") as caught:
            Failing.apply(zero()).sum().backward()
    (note,) = caught.value.__notes__
    assert note.startswith("while FailingBackward ran backward.")
    assert "Failing.apply(zero())" in note


def test_it_is_turned_on_and_off_at_once_or_for_a_block() -> None:
    assert not engine.is_anomaly_enabled()
    set_detect_anomaly(True)
    assert engine.is_anomaly_enabled()
    assert engine.is_anomaly_check_nan_enabled()
    set_detect_anomaly(False)
    assert not engine.is_anomaly_enabled()
    with set_detect_anomaly(True, check_nan=False):
        assert engine.is_anomaly_enabled()
        assert not engine.is_anomaly_check_nan_enabled()
    assert not engine.is_anomaly_enabled()
    assert engine.is_anomaly_check_nan_enabled()


def test_without_it_nan_flows() -> None:
    x = zero()
    Model()(x).sum().backward()
    assert bool(x.grad.isnan().all())
