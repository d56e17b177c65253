"""Convolutions by strips against PyTorch in float64: all layouts, any number of threads, NaN where it is due."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.backend.thread_count import kernel_threads
from engine.kernels.cpu import convolution, convolution_weights, convolution_weights_channels, winograd
from engine.kernels.kernel import Kernel

torch = pytest.importorskip("torch")

Shape = tuple[int, ...]

# Of the largest result: plain sums of hundreds of terms, and Winograd's filtering.
ERROR, WINOGRAD_ERROR = 2e-6, 1e-5


def filled(kernel: Kernel, shape: Shape, inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> np.ndarray:
    output = np.full(shape, np.nan, np.float32)
    kernel.function((output,), inputs, attributes, np.full(kernel.scratch(inputs, attributes), 0xFF, np.uint8))
    return output


def laid_out(array: np.ndarray, layout: str) -> np.ndarray:
    if layout == "channels last":
        return np.ascontiguousarray(array.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    if layout == "apart":
        return np.repeat(array, 2, 2)[:, :, ::2]
    if layout == "backwards":
        return np.ascontiguousarray(array[..., ::-1])[..., ::-1]
    return array


def drawn(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.standard_normal(shape).astype(np.float32)


def double(array: np.ndarray | None) -> Any:
    return None if array is None else torch.from_numpy(np.ascontiguousarray(array)).double()


def assert_close(found: np.ndarray, right: Any, error: float) -> None:
    expected = right.numpy()
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=error * max(1e-3, np.abs(expected).max(initial=0)))


class Case:
    """A convolution and its gradients, by the engine and by PyTorch."""

    def __init__(
        self, images: Shape, outputs: int, kernel: Shape, steps: tuple[Shape, Shape, Shape], groups: int, layout: str
    ) -> None:
        rng = np.random.default_rng(sum(images) + outputs)
        self.steps, self.groups = steps, groups
        self.input = laid_out(drawn(rng, *images), layout)
        self.weight, self.bias = drawn(rng, outputs, images[1] // groups, *kernel), drawn(rng, outputs)
        arguments = (double(self.weight), double(self.bias), *steps, groups)
        self.result = torch.nn.functional.conv2d(double(self.input), *arguments)
        self.gradient = laid_out(drawn(rng, *self.result.shape), layout)

    def convolved(self, kernel: Kernel) -> tuple[np.ndarray, Any]:
        inputs = self.input, self.weight, self.bias
        return filled(kernel, tuple(self.result.shape), inputs, (*self.steps, self.groups)), self.result

    def spread_back(self, kernel: Kernel) -> tuple[np.ndarray, Any]:
        stride, padding, dilation = self.steps
        extra = tuple(
            length - ((count - 1) * step - 2 * pad + spread * (size - 1) + 1)
            for length, count, step, pad, spread, size in zip(
                self.input.shape[2:],
                self.gradient.shape[2:],
                *self.steps,
                self.weight.shape[2:],
                strict=True,
            )
        )
        steps = stride, padding, extra, self.groups, dilation
        right = torch.nn.functional.conv_transpose2d(double(self.gradient), double(self.weight), None, *steps)
        attributes = stride, padding, extra, dilation, self.groups
        return filled(kernel, self.input.shape, (self.gradient, self.weight, None), attributes), right

    def weights(self, kernel: Kernel) -> tuple[np.ndarray, Any]:
        shape = self.weight.shape
        right = torch.nn.grad.conv2d_weight(double(self.input), shape, double(self.gradient), *self.steps, self.groups)
        attributes = shape[2:], *self.steps, self.groups
        return filled(kernel, shape, (self.input, self.gradient), attributes), right


LAYOUTS = "plain", "channels last", "apart", "backwards"
ONE = (1, 1)
PLAIN = [
    Case((17, 3, 13, 9), 10, (3, 3), (ONE, ONE, ONE), 1, "plain"),
    Case((5, 8, 21, 18), 12, (4, 4), ((2, 2), ONE, ONE), 1, "plain"),
    Case((33, 20, 7, 7), 18, (3, 2), ((1, 2), (2, 0), (2, 1)), 1, "plain"),
    Case((9, 34, 9, 11), 34, (3, 3), (ONE, ONE, ONE), 34, "plain"),
    Case((3, 17, 40, 37), 1, (1, 1), ((2, 2), (0, 0), ONE), 1, "plain"),
    Case((2, 70, 18, 50), 30, (5, 5), (ONE, (2, 2), ONE), 2, "plain"),
    *(Case((20, 18, 10, 7), 22, (3, 3), ((2, 1), ONE, ONE), 2, layout) for layout in LAYOUTS),
]
FILTERED = [
    Case((9, 16, 30, 21), 24, (3, 3), (ONE, ONE, ONE), 1, "plain"),
    Case((17, 9, 8, 8), 70, (3, 3), (ONE, ONE, ONE), 1, "plain"),
    Case((130, 10, 4, 4), 9, (3, 3), (ONE, ONE, ONE), 1, "plain"),
    Case((3, 12, 50, 45), 14, (3, 3), (ONE, (0, 2), ONE), 1, "plain"),
    *(Case((20, 36, 11, 7), 34, (3, 3), (ONE, ONE, ONE), 2, layout) for layout in LAYOUTS),
]


@pytest.mark.parametrize("case", PLAIN)
def test_convolutions_by_plain_sums(case: Case) -> None:
    assert_close(*case.convolved(convolution.convolution), ERROR)
    assert_close(*case.spread_back(convolution.transposed_convolution), ERROR)
    assert_close(*case.weights(convolution_weights.convolution_weight_gradient), ERROR)
    assert_close(*case.weights(convolution_weights_channels.convolution_weight_gradient), ERROR)


@settings(max_examples=60)
@given(st.data())
def test_convolutions_of_all_sizes(data: st.DataObject) -> None:
    def numbers(low: int, high: int) -> Shape:
        return tuple(data.draw(st.integers(low, high)) for _ in range(2))

    groups = data.draw(st.integers(1, 3))
    batch, inner, outer = (data.draw(st.integers(1, high)) for high in (35, 6, 12))
    kernel, stride, padding, dilation, lengths = (numbers(*ends) for ends in ((1, 4), (1, 3), (0, 3), (1, 3), (1, 30)))
    spans = [spread * (size - 1) + 1 for spread, size in zip(dilation, kernel, strict=True)]
    assume(all(length + 2 * pad >= span for length, pad, span in zip(lengths, padding, spans, strict=True)))
    layout = data.draw(st.sampled_from(LAYOUTS))
    images = batch, inner * groups, *lengths
    case = Case(images, outer * groups, kernel, (stride, padding, dilation), groups, layout)
    assert_close(*case.convolved(convolution.convolution), ERROR)
    assert_close(*case.spread_back(convolution.transposed_convolution), ERROR)
    assert_close(*case.weights(convolution_weights.convolution_weight_gradient), ERROR)
    assert_close(*case.weights(convolution_weights_channels.convolution_weight_gradient), ERROR)


@pytest.mark.parametrize("case", FILTERED)
def test_filtering_stays_within_its_error(case: Case) -> None:
    assert_close(*case.convolved(winograd.convolution), WINOGRAD_ERROR)
    assert_close(*case.spread_back(winograd.transposed_convolution), WINOGRAD_ERROR)
    assert_close(*case.weights(convolution_weights_channels.convolution_weight_gradient), WINOGRAD_ERROR)


def test_filtering_is_as_exact_as_it_says() -> None:
    case = Case((32, 64, 14, 14), 64, (3, 3), (ONE, ONE, ONE), 1, "plain")
    for found, right in (case.convolved(winograd.convolution), case.spread_back(winograd.transposed_convolution)):
        assert_close(found, right, 3e-6)


@pytest.mark.parametrize("case", [PLAIN[2], PLAIN[5], FILTERED[0], FILTERED[1]])
def test_threads_do_not_change_a_bit(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def bits() -> list[bytes]:
        filtered = case in FILTERED
        forward = winograd.convolution if filtered else convolution.convolution
        back = winograd.transposed_convolution if filtered else convolution.transposed_convolution
        found = [
            case.convolved(forward),
            case.spread_back(back),
            case.weights(convolution_weights.convolution_weight_gradient),
            case.weights(convolution_weights_channels.convolution_weight_gradient),
        ]
        return [each.tobytes() for each, _ in found]

    expected = bits()
    for count in (1, 2, 3, 7):
        monkeypatch.setattr(kernel_threads, "count", count)
        assert bits() == expected


@pytest.mark.parametrize("case", [PLAIN[0], FILTERED[0], FILTERED[1]])
def test_nan_and_infinity_stay_where_they_belong(case: Case) -> None:
    filtered = case in FILTERED
    kernel = winograd.convolution if filtered else convolution.convolution
    spoilt = case.input.copy()
    spoilt[1, 1, 4, 5], spoilt[2, 0, 0, 0], spoilt[3, 2, 2, 1] = np.inf, np.nan, -np.inf
    inputs, attributes = (spoilt, case.weight, case.bias), (*case.steps, case.groups)
    found = filled(kernel, tuple(case.result.shape), inputs, attributes)
    arguments = double(case.weight), double(case.bias), *case.steps, case.groups
    right = torch.nn.functional.conv2d(double(spoilt), *arguments).numpy()
    np.testing.assert_array_equal(np.isnan(found), np.isnan(right))
    np.testing.assert_array_equal(np.isposinf(found), np.isposinf(right))
    right = torch.nn.grad.conv2d_weight(double(spoilt), case.weight.shape, double(case.gradient), *case.steps).numpy()
    sizes = case.weight.shape[2:], *case.steps, case.groups
    for weights in (convolution_weights, convolution_weights_channels):
        found = filled(weights.convolution_weight_gradient, case.weight.shape, (spoilt, case.gradient), sizes)
        np.testing.assert_array_equal(np.isnan(found), np.isnan(right))
        np.testing.assert_array_equal(np.isposinf(found), np.isposinf(right))


def test_overflow_within_the_filtering_does_not_show() -> None:
    rng = np.random.default_rng(0)
    input, weight = np.full((16, 16, 8, 8), 1e38, np.float32), drawn(rng, 16, 16, 3, 3) * 1e-3
    attributes = ONE, ONE, ONE, 1
    found = filled(winograd.convolution, (16, 16, 8, 8), (input, weight, None), attributes)
    assert_close(found, torch.nn.functional.conv2d(double(input), double(weight), None, 1, 1), WINOGRAD_ERROR)


def test_results_are_written_where_arrays_have_them() -> None:
    case = Case((18, 9, 9, 13), 20, (3, 3), (ONE, ONE, ONE), 1, "plain")
    shape = tuple(case.result.shape)
    for kernel in (winograd.convolution, convolution.convolution):
        inputs, attributes = (case.input, case.weight, case.bias), (*case.steps, case.groups)
        for layout in LAYOUTS:
            output = laid_out(np.zeros(shape, np.float32), layout)
            kernel.function((output,), inputs, attributes, np.empty(kernel.scratch(inputs, attributes), np.uint8))
            assert_close(output, case.result, WINOGRAD_ERROR)
