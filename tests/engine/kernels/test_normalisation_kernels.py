"""Kernels of normalisations: errors far from 0 against float64, odd values, layouts, the same bits on all threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.autograd.dispatch import allocate, infer, split
from engine.autograd.op import Op
from engine.backend.device import CPU
from engine.backend.thread_count import kernel_threads
from engine.kernels.cpu.jit import calls_of
from engine.ops.normalisations import batch_normalisation, group_normalisation, layer_normalisation, root_mean_square

EPS = 1e-5
FORWARD: dict[str, tuple[Op, tuple[int, ...], tuple[Any, ...]]] = {
    "rows": (layer_normalisation.layer_norm, (301, 150), ((150,), None, None, EPS)),
    "long rows": (layer_normalisation.layer_norm, (3, 20000), ((20000,), None, None, EPS)),
    "root mean squares": (root_mean_square.rms_norm, (301, 150), ((150,), None, None)),
    "planes": (batch_normalisation.batch_norm_training, (70, 9, 11, 13), (None, None, EPS)),
    "long planes": (batch_normalisation.batch_norm_training, (3, 2, 20000), (None, None, EPS)),
    "columns": (batch_normalisation.batch_norm_training, (3000, 33), (None, None, EPS)),
    "groups": (group_normalisation.group_norm, (35, 6, 11, 13), (3, None, None, EPS)),
}
BACKWARD: dict[str, Op] = {
    "rows": layer_normalisation.layer_norm_backward,
    "long rows": layer_normalisation.layer_norm_backward,
    "root mean squares": root_mean_square.rms_norm_backward,
    "planes": batch_normalisation.batch_norm_backward,
    "long planes": batch_normalisation.batch_norm_backward,
    "columns": batch_normalisation.batch_norm_backward,
    "groups": group_normalisation.group_norm_backward,
}


def run(op: Op, *values: Any, into: Any = np.empty_like) -> tuple[np.ndarray, ...]:
    """What the op's kernel makes of arrays, its first output laid out by `into`."""
    (kernel,) = op.kernels["cpu"]
    inputs, attributes = split(op, values)
    assert kernel.accepts(inputs, attributes)
    outputs = allocate(op, CPU, values)
    outputs = into(outputs[0]), *outputs[1:]
    kernel.function(outputs, inputs, attributes, np.empty(kernel.scratch(inputs, attributes), np.uint8))
    return outputs


def backward_of(name: str, g: np.ndarray, x: np.ndarray, forward: tuple[np.ndarray, ...]) -> tuple[Any, ...]:
    """The arguments of the backward op, with a weight, after what the forward op gave."""
    settings, weight = FORWARD[name][2], np.linspace(0.5, 2, 60000, dtype=x.dtype)
    kept = tuple(each.astype(x.dtype) for each in forward[1:])
    if name in ("planes", "long planes", "columns"):
        return g, x, weight[: x.shape[1]], kept[0], kept[2], EPS
    if name == "groups":
        return g, x, settings[0], weight[: x.shape[1]], *kept, EPS
    return g, x, settings[0], weight[: x.shape[-1]], *kept, EPS


def drawn(shape: tuple[int, ...], mean: float = 1000.0) -> np.ndarray:
    return (mean + np.random.default_rng(int(mean) + sum(shape)).normal(size=shape)).astype(np.float32)


def channels_last(array: np.ndarray) -> np.ndarray:
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(array, 1, -1)), -1, 1)


@pytest.mark.parametrize("name", FORWARD)
def test_far_from_zero_results_are_as_exact_as_the_mean_can_be_written(name: str) -> None:
    op, shape, settings = FORWARD[name]
    x = drawn(shape)
    found, exact, reference = (
        run(op, x, *settings),
        op.reference(x.astype(float), *settings),
        op.reference(x, *settings),
    )
    for mine, right in zip(found[1:], exact[1:], strict=True):
        np.testing.assert_allclose(mine, right, rtol=3e-7)
    # Half of the last place of a mean around 1000 over the deviation, and the rounding of results around 4.
    np.testing.assert_allclose(found[0], exact[0], rtol=0, atol=3.1e-5 * exact[-1].max() + 1e-6)
    errors = [np.abs(each[0] - exact[0]).max() for each in (found, reference)]
    assert errors[0] <= errors[1] + 3e-7


@pytest.mark.parametrize("mean", [0.0, 1000.0])
@pytest.mark.parametrize("name", FORWARD)
def test_gradients_have_the_errors_of_float32(name: str, mean: float) -> None:
    op, shape, settings = FORWARD[name]
    x, g = drawn(shape, mean), drawn(shape, 2.0)
    if op.name == "rms_norm":
        x /= max(mean, 1)
    # Both sides get the statistics as float32 keeps them.
    given = backward_of(name, g, x, op.reference(x.astype(float), *settings))
    wide = tuple(each.astype(float) if isinstance(each, np.ndarray) else each for each in given)
    for mine, right in zip(run(BACKWARD[name], *given), BACKWARD[name].reference(*wide), strict=True):
        # Sums of many numbers around 2, of either sign, are as large as the root of how many there are.
        scale = max(np.abs(right).max(), 2 * (x.size // right.size) ** 0.5)
        np.testing.assert_allclose(mine, right, rtol=0, atol=4e-6 * scale)


@pytest.mark.parametrize("name", FORWARD)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e25])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_odd_values_give_what_the_reference_gives(name: str, value: float) -> None:
    op, shape, settings = FORWARD[name]
    x = drawn(shape, 0.0)
    x[0].reshape(-1)[3] = x[-1].reshape(-1)[-1] = x[1].reshape(-1)[0] = value
    for mine, right in zip(run(op, x, *settings), op.reference(x, *settings), strict=True):
        # Columns are measured from the first of 64 values: if that dwarfs the others, each adds its rounding.
        np.testing.assert_allclose(mine, right, rtol=64 * 2**-20, atol=2e-5)


@pytest.mark.parametrize("name", FORWARD)
def test_equal_values_have_no_variance(name: str) -> None:
    op, shape, settings = FORWARD[name]
    if op.name == "rms_norm":
        return
    outputs = run(op, np.full(shape, 0.1, np.float32), *settings)
    assert np.abs(outputs[0]).max() < 1e-5
    np.testing.assert_allclose(outputs[-1], EPS**-0.5, rtol=1e-6)


@pytest.mark.parametrize("name", FORWARD)
def test_threads_do_not_change_a_bit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    op, shape, settings = FORWARD[name]
    x, g, found = drawn(shape), drawn(shape, 2.0), []
    for count in (1, 2):
        monkeypatch.setattr(kernel_threads, "count", count)
        forward = run(op, x, *settings)
        backward = run(BACKWARD[name], *backward_of(name, g, x, forward))
        found.append([each.tobytes() for each in (*forward, *backward)])
    assert found[0] == found[1]


@pytest.mark.parametrize("shape", [(70, 9, 11, 13), (64, 16, 8, 8), (3, 700, 5, 3), (2, 1, 200, 50)])
def test_channels_last_in_and_out(shape: tuple[int, ...]) -> None:
    x, g = drawn(shape, 3.0), drawn(shape, 0.0)
    weight, bias = np.linspace(0.5, 2, 2 * shape[1], dtype=np.float32).reshape(2, -1)
    plain = run(batch_normalisation.batch_norm_training, x, weight, bias, EPS)
    slopes = run(batch_normalisation.batch_norm_backward, g, x, weight, plain[1], plain[3], EPS)
    affine = run(batch_normalisation.channel_affine, x, bias, weight, bias)
    for into in (np.array, channels_last):
        lying = channels_last(x), channels_last(g)
        found = run(batch_normalisation.batch_norm_training, lying[0], weight, bias, EPS, into=into)
        back = run(batch_normalisation.batch_norm_backward, *lying[::-1], weight, found[1], found[3], EPS, into=into)
        moved = run(batch_normalisation.channel_affine, lying[0], bias, weight, bias, into=into)
        for mine, right in zip((*found, *back, *moved), (*plain, *slopes, *affine), strict=True):
            np.testing.assert_allclose(mine, right, rtol=1e-5, atol=2e-5 * max(1, np.abs(right).max() / 10))


@pytest.mark.parametrize("name", FORWARD)
def test_all_that_kernels_do_can_be_called_again(name: str) -> None:
    op, shape, settings = FORWARD[name]
    x = drawn(shape)
    (kernel,) = op.kernels["cpu"]
    inputs, attributes = split(op, (x, *settings))
    outputs = tuple(np.zeros(each.shape, np.float32) for each in infer(op, (x, *settings)))
    calls = calls_of(
        kernel.function, outputs, inputs, attributes, np.empty(kernel.scratch(inputs, attributes), np.uint8)
    )
    assert not any(each.any() for each in outputs)
    for function, args in calls:
        function(*args)
    for mine, right in zip(outputs, run(op, x, *settings), strict=True):
        np.testing.assert_array_equal(mine, right)
