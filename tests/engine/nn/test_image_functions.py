"""Functions on images against SciPy, NumPy and formulas, and what they say of shapes that do not fit."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage, signal

import engine
from engine.nn import functional

RNG = np.random.default_rng(12)


def drawn(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def test_same_padding_is_scipys_correlation() -> None:
    image, kernel = drawn(7, 9), drawn(3, 5)
    found = functional.conv2d(engine.tensor(image[None]), engine.tensor(kernel[None, None]), padding="same")
    np.testing.assert_allclose(found.numpy()[0], signal.correlate2d(image, kernel, "same"), rtol=1e-12)


@given(
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 4)),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 2),
    groups=st.sampled_from([1, 2, 4]),
    seed=st.integers(0, 9),
)
def test_a_transposed_convolution_is_the_adjoint(
    kernel: tuple[int, int], stride: int, padding: int, dilation: int, groups: int, seed: int
) -> None:
    """⟨conv(x), y⟩ = ⟨x, convᵀ(y)⟩ for all x and y."""
    rng = np.random.default_rng(seed)
    x, weight = (engine.tensor(rng.normal(size=shape)) for shape in ((2, 4, 8, 9), (8, 4 // groups, *kernel)))
    seen = functional.conv2d(x, weight, None, stride, padding, dilation, groups)
    y = engine.tensor(rng.normal(size=seen.shape))
    reach = [dilation * (size - 1) + 1 for size in kernel]
    extra = tuple((length + 2 * padding - span) % stride for length, span in zip((8, 9), reach, strict=True))
    back = functional.conv_transpose2d(y, weight, None, stride, padding, extra, groups, dilation)
    assert back.shape == x.shape
    np.testing.assert_allclose((seen * y).sum().item(), (x * back).sum().item(), rtol=1e-10, atol=1e-10)


def test_linear_interpolation_is_numpys() -> None:
    line = drawn(7)
    places = (np.arange(12) + 0.5) * 7 / 12 - 0.5
    found = functional.interpolate(engine.tensor(line[None, None]), 12, mode="linear").numpy()[0, 0]
    np.testing.assert_allclose(found, np.interp(places, np.arange(7), line), rtol=1e-12)


def test_interpolation_to_the_same_lengths_changes_nothing() -> None:
    image = engine.tensor(drawn(1, 2, 5, 6))
    for mode in ("nearest", "nearest-exact", "bilinear", "bicubic", "area"):
        np.testing.assert_allclose(functional.interpolate(image, (5, 6), mode=mode).numpy(), image.numpy(), atol=1e-12)


def test_a_grid_samples_as_scipy_does() -> None:
    image, places = drawn(6, 7), RNG.uniform(0.2, 4.8, size=(2, 3, 4))
    grid = np.stack([places[1] / 3 - 1, places[0] / 2.5 - 1], -1)
    found = functional.grid_sample(
        engine.tensor(image[None, None]), engine.tensor(grid[None]), align_corners=True
    ).numpy()[0, 0]
    np.testing.assert_allclose(found, ndimage.map_coordinates(image, places, order=1), rtol=1e-10)


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_the_identity_grid_gives_the_image(mode: str) -> None:
    image = engine.tensor(drawn(2, 3, 4, 5))
    theta = engine.tensor(np.array([[[1.0, 0, 0], [0, 1, 0]]] * 2))
    grid = functional.affine_grid(theta, (2, 3, 4, 5), align_corners=False)
    found = functional.grid_sample(image, grid, mode=mode, align_corners=False)
    np.testing.assert_allclose(found.numpy(), image.numpy(), atol=1e-12)


def test_shuffles_undo_each_other() -> None:
    image = engine.tensor(drawn(2, 12, 3, 4))
    shuffled = functional.pixel_shuffle(image, 2)
    assert shuffled.shape == (2, 3, 6, 8)
    np.testing.assert_array_equal(shuffled.numpy()[0, 1, 1, 2], image.numpy()[0, 1 * 4 + 1 * 2 + 0, 0, 1])
    np.testing.assert_array_equal(functional.pixel_unshuffle(shuffled, 2).numpy(), image.numpy())
    twice = functional.channel_shuffle(functional.channel_shuffle(image, 3), 4)
    np.testing.assert_array_equal(twice.numpy(), image.numpy())


def test_blocks_without_overlap_fold_back() -> None:
    image = engine.tensor(drawn(2, 3, 4, 6))
    blocks = functional.unfold(image, (2, 3), stride=(2, 3))
    np.testing.assert_array_equal(functional.fold(blocks, (4, 6), (2, 3), stride=(2, 3)).numpy(), image.numpy())


def test_pooled_elements_go_back_to_their_places() -> None:
    image = RNG.permutation(64).reshape(1, 1, 8, 8) + 1.0
    values, indices = functional.max_pool2d(engine.tensor(image), 2, return_indices=True)
    back = functional.max_unpool2d(values, indices, 2).numpy()
    largest = image.reshape(4, 2, 4, 2).max(axis=(1, 3)).repeat(2, 0).repeat(2, 1)
    np.testing.assert_array_equal(back[0, 0], np.where(image[0, 0] == largest, image[0, 0], 0))


def test_power_averages_are_norms_of_windows() -> None:
    image = np.abs(drawn(2, 3, 4, 6))
    found = functional.lp_pool2d(engine.tensor(image), 3, (2, 3)).numpy()
    right = (image.reshape(2, 3, 2, 2, 2, 3) ** 3).sum(axis=(3, 5)) ** (1 / 3)
    np.testing.assert_allclose(found, right, rtol=1e-12)


def zeros(*shape: int) -> Any:
    return engine.zeros(*shape)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: functional.conv2d(zeros(2, 3, 5, 5), zeros(4, 2, 3, 3)), RuntimeError, r"\[4, 2, 3, 3\].*3 channels"),
        (lambda: functional.conv2d(zeros(2, 3, 2, 5), zeros(4, 3, 3, 3)), RuntimeError, r"2 x 5.*3 x 3"),
        (lambda: functional.conv2d(zeros(3, 5), zeros(4, 3, 3, 3)), RuntimeError, r"conv2d.*\[3, 5\]"),
        (lambda: functional.conv1d(zeros(2, 3, 5), zeros(4, 3, 3), zeros(3)), RuntimeError, r"4 elements.*\[3\]"),
        (lambda: functional.conv2d(zeros(2, 3, 5, 5), zeros(4, 3, 3, 3), None, (1, 2, 3)), RuntimeError, "stride"),
        (lambda: functional.conv2d(zeros(2, 3, 5, 5), zeros(4, 3, 3, 3).double()), RuntimeError, "float32.*float64"),
        (lambda: functional.conv_transpose2d(zeros(2, 3, 5, 5), zeros(4, 3, 3, 3)), RuntimeError, "have 4 channels"),
        (lambda: functional.max_pool2d(zeros(2, 3, 5, 5), 7), RuntimeError, "too small"),
        (lambda: functional.avg_pool2d(zeros(2, 3, 5, 5), 2, 2, 2), RuntimeError, "pad=2"),
        (lambda: functional.adaptive_avg_pool2d(zeros(2, 2), 2), RuntimeError, r"at least 3.*\[2, 2\]"),
        (lambda: functional.adaptive_avg_pool2d(zeros(2, 2), (2, 2)), ValueError, r"at least 3.*\[2, 2\]"),
        (lambda: functional.unfold(zeros(2, 3, 4, 4), 5), RuntimeError, r"kernel_size=\(5, 5\)"),
        (lambda: functional.fold(zeros(2, 12, 5), 4, 2), RuntimeError, "9, but got input.size"),
        (lambda: functional.pixel_shuffle(zeros(2, 3, 4, 4), 2), RuntimeError, "3 is not divisible by 4"),
        (lambda: functional.interpolate(zeros(2, 3, 4), 5, mode="bilinear"), NotImplementedError, "3D.*bilinear"),
        (lambda: functional.interpolate(zeros(2, 3, 4), mode="linear"), ValueError, "size and scale_factor"),
        (lambda: functional.grid_sample(zeros(2, 3, 4, 4), zeros(1, 2, 2, 2)), RuntimeError, "same batch size"),
        (lambda: functional.affine_grid(zeros(2, 2, 2), (2, 1, 3, 3)), ValueError, "Nx2x3"),
    ],
)
@pytest.mark.filterwarnings("ignore:grid_sample and affine_grid")
def test_shapes_that_do_not_fit_are_named(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
