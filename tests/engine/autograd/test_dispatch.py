"""Which kernel an op runs, what it is handed, and that gradients and recordings go through it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import engine
from engine.autograd.dispatch import fill
from engine.autograd.op import Op
from engine.backend.device import CPU
from engine.kernels.kernel import Kernel
from engine.ops.layouts import layout
from engine.testing.layouts import LAYOUTS
from tests.engine.autograd.blend import LARGE, STRIDED, THRESHOLD, Counting, make_blend, with_scratch

RNG = np.random.default_rng(7)


def drawn(*shape: int, dtype: str = "float32", requires_grad: bool = False) -> Any:
    tensor = engine.from_numpy(RNG.normal(size=shape).astype(dtype))
    return tensor.requires_grad_() if requires_grad else tensor


def formula(first: Any, second: Any, weight: float = 0.5) -> Any:
    return (1 - weight) * first.detach().numpy() + weight * second.detach().numpy()


@pytest.fixture
def large() -> Counting:
    return Counting(with_scratch)


@pytest.fixture
def small() -> Counting:
    return Counting()


@pytest.fixture
def blend(large: Counting, small: Counting) -> Op:
    """The op with a kernel for large arrays, preferred, and one for all that are not float16."""
    made = make_blend()
    not_half = lambda inputs, attributes: inputs[0].dtype != np.float16  # noqa: E731
    made.fast(cpu=(replace(LARGE, function=large), Kernel(small, not_half, strided=True)))
    return made


def test_the_first_kernel_that_accepts_runs(blend: Op, large: Counting, small: Counting) -> None:
    for count, calls in ((THRESHOLD - 1, (0, 1)), (THRESHOLD, (1, 1)), (1000, (2, 1))):
        first, second = drawn(count), drawn(count)
        np.testing.assert_allclose(blend(first, second).numpy(), formula(first, second), rtol=1e-5, atol=1e-6)
        assert (large.calls, small.calls) == calls


def test_the_reference_runs_where_no_kernel_accepts(blend: Op, large: Counting, small: Counting) -> None:
    first, second = drawn(5, dtype="float16"), drawn(5, dtype="float16")
    result = blend(first, second)
    np.testing.assert_allclose(result.numpy(), formula(first, second), rtol=2e-3, atol=2e-3)
    assert result.dtype is engine.float16
    assert (large.calls, small.calls) == (0, 0)


def test_kernel_mode_reference_turns_all_kernels_off(blend: Op, large: Counting, small: Counting) -> None:
    first, second = drawn(100), drawn(100)
    with engine.kernel_mode("reference"):
        np.testing.assert_allclose(blend(first, second).numpy(), formula(first, second), rtol=1e-5, atol=1e-6)
        assert (large.calls, small.calls) == (0, 0)
    blend(first, second)
    assert (large.calls, small.calls) == (1, 0)


def test_kernels_get_what_the_inputs_were_cast_to(blend: Op) -> None:
    seen: list[tuple[Any, Any]] = []

    def look(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
        seen.append((inputs, attributes))
        return False

    blend.fast(cpu=Kernel(Counting(), look))
    blend(engine.tensor([1, 2]), drawn(3, 2), weight=0.25)
    blend(drawn(2), 3)
    (arrays, attributes), (with_number, defaults) = seen
    assert [(each.shape, each.dtype) for each in arrays] == [((2,), np.float32), ((3, 2), np.float32)]
    assert (attributes, defaults) == ((0.25,), (0.5,))
    assert with_number[1] == 3
    assert type(with_number[1]) is int


@pytest.mark.parametrize("shapes", [((40,), (40,)), ((2, 3), (3,)), ((), ()), ((0, 3), (1, 3)), ((3, 1), (1, 4))])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_outputs_are_allocated_by_the_shape_rule(blend: Op, shapes: Any, dtype: str) -> None:
    got: list[Any] = []

    def poisoned(outputs: Any, inputs: Any, attributes: Any, scratch: Any) -> None:
        (output,) = outputs
        got.append((output.shape, output.dtype, output.flags.c_contiguous, output.flags.owndata))
        output[...] = np.nan
        STRIDED.function(outputs, inputs, attributes, scratch)

    blend.fast(cpu=Kernel(poisoned))
    first, second = (drawn(*shape, dtype=dtype) for shape in shapes)
    result = blend(first, second)
    assert got == [(np.broadcast_shapes(*shapes), np.dtype(dtype), True, True)]
    np.testing.assert_allclose(result.numpy(), formula(first, second), rtol=1e-5, atol=1e-6)


def test_scratch_has_the_bytes_that_were_declared(blend: Op, large: Counting, small: Counting) -> None:
    blend(drawn(50), drawn(50))
    blend(drawn(10, 8, dtype="float64"), drawn(10, 8, dtype="float64"))
    blend(drawn(3), drawn(3))
    assert (large.scratch_bytes, small.scratch_bytes) == ([50 * 4, 80 * 8], [0])


@pytest.mark.parametrize("size", [3, 100])
def test_gradients_of_first_and_second_order_flow_through_a_kernel(blend: Op, size: int) -> None:
    first, second = (drawn(size, dtype="float64", requires_grad=True) for _ in range(2))
    loss = (blend(first * first, second, weight=0.25) ** 2).sum()
    (slope,) = engine.autograd.grad([loss], [first], create_graph=True)
    (curve,) = engine.autograd.grad([slope.sum()], [second])
    x, y = first.detach().numpy(), second.detach().numpy()
    np.testing.assert_allclose(slope.detach().numpy(), 2 * (0.75 * x * x + 0.25 * y) * 0.75 * 2 * x)
    np.testing.assert_allclose(curve.numpy(), 2 * 0.25 * 0.75 * 2 * x)


@pytest.mark.parametrize(("size", "calls"), [(3, (0, 2)), (100, (2, 0))])
def test_a_replay_runs_the_same_kernel(blend: Op, large: Counting, small: Counting, size: int, calls: Any) -> None:
    recorded = engine.compile(lambda first, second: blend(first, second))
    for _ in range(2):
        first, second = drawn(size), drawn(size)
        np.testing.assert_allclose(recorded(first, second).numpy(), formula(first, second), rtol=1e-5, atol=1e-6)
    assert recorded.replays == 1
    assert (large.calls, small.calls) == calls


def test_a_recording_made_with_kernels_does_not_stand_for_the_reference(blend: Op, large: Counting) -> None:
    recorded = engine.compile(lambda first, second: blend(first, second))
    first, second = drawn(100), drawn(100)
    recorded(first, second)
    with engine.kernel_mode("reference"):
        recorded(first, second)
        recorded(first, second)
    assert large.calls == 1


@pytest.mark.parametrize("name", LAYOUTS)
def test_fill_brings_any_kernel_to_outputs_of_any_layout(name: str) -> None:
    first, second = RNG.normal(size=(2, 6, 8))
    for kernel in (LARGE, STRIDED):
        output = LAYOUTS[name](np.full((6, 8), np.nan))
        fill(kernel, CPU, (output,), (first, second), (0.25,))
        np.testing.assert_allclose(output, 0.75 * first + 0.25 * second)


def test_a_kernel_that_refuses_says_what_the_shape_rule_says(blend: Op) -> None:
    with pytest.raises(RuntimeError, match=r"The size of tensor a \(3\) must match the size of tensor b \(4\)"):
        blend(drawn(3), drawn(4))


def test_a_view_op_takes_no_kernel() -> None:
    with pytest.raises(TypeError, match="permute gives a view of its input: there is nothing that a kernel could fill"):
        layout.permute.fast(cpu=STRIDED)


def test_kernels_of_another_device_are_not_asked() -> None:
    only_cuda, counted = make_blend(), Counting()
    only_cuda.fast(cuda=Kernel(counted))
    first, second = drawn(100), drawn(100)
    np.testing.assert_allclose(only_cuda(first, second).numpy(), formula(first, second), rtol=1e-5, atol=1e-6)
    assert counted.calls == 0
