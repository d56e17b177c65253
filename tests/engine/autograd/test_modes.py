"""Gradient modes as blocks, decorators and calls: nested, across exceptions, generators and threads, as in PyTorch."""

import threading
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.autograd.modes import kernel_mode, modes, observing

SWITCHES = {
    "no_grad": lambda library: library.no_grad(),
    "enable_grad": lambda library: library.enable_grad(),
    "set_grad_enabled(True)": lambda library: library.set_grad_enabled(True),
    "set_grad_enabled(False)": lambda library: library.set_grad_enabled(False),
    "inference_mode()": lambda library: library.inference_mode(),
    "inference_mode(False)": lambda library: library.inference_mode(False),
}
OFF = ("no_grad", "set_grad_enabled(False)", "inference_mode()")
BARE = ("no_grad", "enable_grad", "inference_mode")


def records(library: Any = engine) -> bool:
    """Whether an op on a tensor that requires grad leaves a node, which `is_grad_enabled` must agree with."""
    result = bool((library.ones(1, requires_grad=True) * 2).requires_grad)
    assert library is not engine or engine.is_grad_enabled() == result
    return result


@pytest.fixture(autouse=True)
def modes_are_put_back() -> Generator[None, None, None]:
    yield
    left = [getattr(modes.state, field) for field in ("grad", "inference", "kernels", "anomaly", "observer")]
    assert left == [True, False, "fast", False, None]


@given(st.lists(st.sampled_from(sorted(SWITCHES)), max_size=5), st.booleans())
def test_nested_blocks_record_where_pytorch_does(names: list[str], ends_by_error: bool) -> None:
    torch = pytest.importorskip("torch")

    def inside(library: Any, left: list[str], told: list[bool]) -> list[bool]:
        told.append(records(library))
        if left:
            with SWITCHES[left[0]](library):
                inside(library, left[1:], told)
        elif ends_by_error:
            raise KeyError("on the way out")
        told.append(records(library))
        return told

    def outcome(library: Any) -> list[bool]:
        told: list[bool] = []
        try:
            inside(library, names, told)
        except KeyError:
            told.append(records(library))
        return told

    assert outcome(engine) == outcome(torch)


@pytest.mark.parametrize("name", SWITCHES)
def test_decorated_functions_switch_at_each_call_and_keep_their_name(name: str) -> None:
    @SWITCHES[name](engine)
    def named(value: int, *, more: int = 0) -> tuple[int, bool]:
        """What it is for."""
        return value + more, records()

    assert records()
    assert [named(1, more=2), named(3)] == [(3, name not in OFF), (3, name not in OFF)]
    assert records()
    assert (named.__name__, named.__doc__) == ("named", "What it is for.")


@pytest.mark.parametrize("name", BARE)
def test_decorators_need_no_parentheses(name: str) -> None:
    assert getattr(engine, name)(records)() == (name == "enable_grad")
    assert records()


def test_a_decorated_function_may_call_itself_and_fail() -> None:
    @engine.no_grad()
    def descend(depth: int) -> bool:
        if depth == 0:
            raise ZeroDivisionError
        with engine.enable_grad():
            try:
                return descend(depth - 1)
            except ZeroDivisionError:
                assert records()
                raise

    with pytest.raises(ZeroDivisionError):
        descend(3)
    assert records()


def test_a_generator_has_its_mode_and_whoever_iterates_keeps_theirs() -> None:
    @engine.no_grad()
    def numbers() -> Generator[bool, str, str]:
        heard = []
        for _ in range(2):
            try:
                heard.append((yield records()))
            except ValueError:
                heard.append(f"an error, records: {records()}")
        return ", ".join(heard)

    running = numbers()
    assert next(running) is False
    assert records()
    assert running.throw(ValueError()) is False
    assert records()
    with pytest.raises(StopIteration, match="an error, records: False, hello"):
        running.send("hello")


def test_a_generator_is_closed_in_its_mode() -> None:
    told = []

    @engine.no_grad()
    def numbers() -> Generator[int, None, None]:
        try:
            yield 1
        finally:
            told.append(records())

    running = numbers()
    next(running)
    running.close()
    assert told == [False]
    assert records()


def test_set_grad_enabled_acts_at_once_and_as_a_block_puts_the_mode_before_itself_back() -> None:
    switch = engine.set_grad_enabled(False)
    assert not records()
    engine.set_grad_enabled(True)
    with switch:
        assert not records()
    assert records()


def test_set_grad_enabled_as_a_decorator_does_not_act_outside() -> None:
    quiet = engine.set_grad_enabled(False)(records)
    assert records()
    assert quiet() is False


def test_what_was_made_without_gradients_is_a_leaf_with_none() -> None:
    weight = engine.ones(2, requires_grad=True)
    with engine.no_grad():
        made = weight * 3
        own = engine.ones(2, requires_grad=True)
    assert (made.requires_grad, made.is_leaf, made.grad_fn) == (False, True, None)
    assert own.requires_grad
    (weight * made).sum().backward()
    np.testing.assert_array_equal(weight.grad.numpy(), [3.0, 3.0])


def test_inference_mode_is_told_and_enable_grad_does_not_lift_it() -> None:
    with engine.inference_mode():
        assert engine.is_inference_mode_enabled()
        with engine.enable_grad():
            assert not records()
        with engine.inference_mode(False):
            assert records()
            assert not engine.is_inference_mode_enabled()
    assert not engine.is_inference_mode_enabled()


def test_backward_reaches_leaves_whatever_the_mode_around_it() -> None:
    for switch in (engine.no_grad, engine.inference_mode):
        weight = engine.ones(3, requires_grad=True)
        loss = (weight * weight).sum()
        with switch():
            loss.backward()
        np.testing.assert_array_equal(weight.grad.numpy(), [2.0, 2.0, 2.0])
        assert not weight.grad.requires_grad


def test_each_thread_has_modes_of_its_own() -> None:
    told: dict[str, bool] = {}
    with engine.no_grad():
        _in_thread(lambda: told.update(other=records()))
        told["own"] = records()
    assert told == {"other": True, "own": False}


def test_two_threads_in_one_decorated_function_put_back_their_own_mode() -> None:
    inside, leave = threading.Event(), threading.Event()
    told: dict[str, bool] = {}

    @engine.no_grad()
    def quietly(*actions: Callable[[], Any]) -> None:
        for each in actions:
            each()

    def first() -> None:
        quietly(inside.set, lambda: leave.wait(20))
        told["first"] = records()

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(20)
    with engine.set_grad_enabled(False):
        quietly(leave.set, thread.join)
        told["second"] = records()
    assert told == {"first": True, "second": False}


def test_a_class_is_not_decorated() -> None:
    with pytest.raises(TypeError, match="no_grad decorates functions, not the class Model"):
        engine.no_grad()(type("Model", (), {}))


def test_kernel_mode_names_what_it_takes() -> None:
    with kernel_mode("reference"):
        assert modes.state.kernels == "reference"
        with kernel_mode("fast"):
            assert modes.state.kernels == "fast"
    with pytest.raises(ValueError, match="'quick' is unknown; allowed are 'fast' and 'reference'"):
        kernel_mode("quick")


class Listener:
    """Takes down the names of the ops that run."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def ran(self, op: Any, args: tuple[Any, ...], outputs: tuple[Any, ...]) -> None:
        self.names.append(op.name)

    def wrote(self, target: Any, value: Any) -> None:
        self.names.append("write")

    def reads_host(self, what: str) -> None:
        self.names.append(f"host: {what}")

    def sets_history(self, tensor: Any) -> None:
        pass

    def holds_gradient(self, tensor: Any) -> None:
        self.names.append("accumulate")

    def guard(self, read: Callable[[], Any]) -> None:
        self.names.append("guard")

    def enters(self, module: Any) -> None:
        self.names.append("module")

    def acts(self, what: Any, gradients: list[Any]) -> None:
        self.names.append("act")


def test_an_observer_is_told_of_what_happens_inside_its_block() -> None:
    listener = Listener()
    weight = engine.ones(2, requires_grad=True)
    with observing(listener):
        (weight * 2).sum().backward()
        with observing(None):
            weight.exp()
        weight.detach().add_(1)
    weight.tanh()
    assert listener.names[:2] == ["mul", "sum"]
    assert listener.names.index("accumulate") < listener.names.index("write")
    assert not {"exp", "tanh"} & set(listener.names)


def _in_thread(function: Callable[[], Any]) -> None:
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()
