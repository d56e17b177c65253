"""Transforms give what a loop over samples gives, and a sample's chance is its own: no batch changes it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.backend import philox
from recipes.errors import UsageError
from recipes.transforms import (
    BatchContext,
    Compose,
    Flatten,
    Normalize,
    RandomCrop,
    RandomHorizontalFlip,
    ToFloat,
    Transform,
)

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 3, 6, 7), dtype=np.uint8)


def context(indices: Any, training: bool = True, seed: int = 1, epoch: int = 0, draw: int = 0) -> BatchContext:
    return BatchContext(seed=seed, epoch=epoch, indices=np.asarray(indices), training=training, draw=draw)


def whole(transform: Transform, training: bool = True, seed: int = 1, epoch: int = 0) -> NDArray[Any]:
    return transform(IMAGES, context(np.arange(40), training, seed, epoch))


def augmentation() -> Compose:
    return Compose(
        [RandomCrop((5, 4), padding=2, fill=9), RandomHorizontalFlip(), ToFloat(), Normalize([0.1, 0.2, 0.3], 0.5)]
    )


def test_to_float_divides() -> None:
    found = ToFloat()(IMAGES, context(np.arange(40)))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, IMAGES.astype(np.float32) / np.float32(255))


@pytest.mark.parametrize(("mean", "std"), [(0.5, 0.25), ([0.1, 0.2, 0.3], [0.5, 0.6, 0.7]), (0.5, [1, 2, 3])])
def test_normalize_is_by_channel(mean: Any, std: Any) -> None:
    batch = IMAGES.astype(np.float32)
    found = Normalize(mean, std)(batch, context(np.arange(40)))
    assert found.dtype == np.float32
    for channel in range(3):
        expected = (batch[:, channel].astype(float) - np.broadcast_to(mean, 3)[channel]) / np.broadcast_to(std, 3)[
            channel
        ]
        np.testing.assert_allclose(found[:, channel], expected, rtol=1e-5)
    np.testing.assert_array_equal(batch, IMAGES)


def test_flatten_keeps_the_order() -> None:
    np.testing.assert_array_equal(whole(Flatten())[3], IMAGES[3].ravel())


def test_flatten_takes_an_empty_batch() -> None:
    assert Flatten()(IMAGES[:0], context([])).shape == (0, 3 * 6 * 7)


@given(
    height=st.integers(1, 10),
    width=st.integers(1, 11),
    seed=st.integers(0, 2**64 - 1),
    epoch=st.integers(0, 1000),
    draw=st.integers(0, 20),
)
def test_crop_takes_each_samples_own_window(height: int, width: int, seed: int, epoch: int, draw: int) -> None:
    indices = np.array([7, 0, 39, 12])
    found = RandomCrop((height, width), padding=2, fill=5)(
        IMAGES[indices], context(indices, seed=seed, epoch=epoch, draw=draw)
    )
    for row, index in zip(found, indices, strict=True):
        top = philox.sample_bits(np, seed, epoch, index, draw).item() * (6 + 4 - height + 1) >> 32
        left = philox.sample_bits(np, seed, epoch, index, draw + 1).item() * (7 + 4 - width + 1) >> 32
        padded = np.full((3, 10, 11), 5, dtype=np.uint8)
        padded[:, 2:8, 2:9] = IMAGES[index]
        np.testing.assert_array_equal(row, padded[:, top : top + height, left : left + width])


@given(probability=st.floats(0, 1), seed=st.integers(0, 2**64 - 1), draw=st.integers(0, 20))
def test_flip_mirrors_each_sample_by_its_own_chance(probability: float, seed: int, draw: int) -> None:
    found = RandomHorizontalFlip(probability)(IMAGES, context(np.arange(40), seed=seed, draw=draw))
    for index in range(40):
        mirrored = philox.sample_bits(np, seed, 0, index, draw).item() / 2**32 < probability
        expected = IMAGES[index, :, :, ::-1] if mirrored else IMAGES[index]
        np.testing.assert_array_equal(found[index], expected)


def test_flip_and_crop_reach_every_outcome_evenly() -> None:
    ramp = np.broadcast_to(np.arange(8), (4000, 1, 1, 8))
    many = context(np.arange(4000))
    mirrored = RandomHorizontalFlip(0.25)(ramp, many)[:, 0, 0, 0] == 7
    assert mirrored.mean() == pytest.approx(0.25, abs=0.03)
    starts = np.bincount(RandomCrop((1, 5))(ramp, many)[:, 0, 0, 0])
    np.testing.assert_allclose(starts / 4000, 1 / 4, atol=0.03)


@given(
    order=st.permutations(range(40)),
    cuts=st.lists(st.integers(0, 40), max_size=5),
    seed=st.integers(0, 2**64 - 1),
    epoch=st.integers(0, 2**32 - 1),
)
def test_no_batch_changes_a_sample(order: list[int], cuts: list[int], seed: int, epoch: int) -> None:
    transform = augmentation()
    together = whole(transform, seed=seed, epoch=epoch)
    for indices in np.split(np.array(order), sorted(cuts)):
        apart = transform(IMAGES[indices], context(indices, seed=seed, epoch=epoch))
        np.testing.assert_array_equal(apart, together[indices])


@pytest.mark.parametrize(("seed", "epoch"), [(2, 0), (1, 1)])
def test_another_seed_or_epoch_gives_other_samples(seed: int, epoch: int) -> None:
    first, other = whole(augmentation(), seed=1, epoch=0), whole(augmentation(), seed=seed, epoch=epoch)
    assert (first != other).any(axis=(1, 2, 3)).mean() > 0.8


def test_composed_transforms_have_chances_of_their_own() -> None:
    twice = Compose([RandomHorizontalFlip(), Compose([RandomHorizontalFlip()])])
    assert twice.draws == 2
    unchanged = (whole(twice) == IMAGES).all(axis=(1, 2, 3))
    assert 0.2 < unchanged.mean() < 0.8


def test_a_mapping_composes_in_its_order() -> None:
    named = Compose({"scale": ToFloat(2), "center": Normalize(1, 4)})
    np.testing.assert_array_equal(whole(named), (IMAGES / np.float32(2) - 1) / 4)


def test_outside_training_nothing_is_left_to_chance() -> None:
    crop = whole(RandomCrop((4, 5)), training=False)
    np.testing.assert_array_equal(crop, IMAGES[:, :, 1:5, 1:6])
    np.testing.assert_array_equal(whole(RandomCrop((6, 7), padding=3), training=False), IMAGES)
    np.testing.assert_array_equal(whole(RandomHorizontalFlip(1), training=False), IMAGES)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    "make",
    [
        ToFloat,
        Flatten,
        RandomHorizontalFlip,
        lambda: RandomCrop(5),
        lambda: RandomCrop((9, 2), padding=2),
        augmentation,
        lambda: Compose([ToFloat(), Normalize(0, 1), Flatten()]),
        lambda: Compose([]),
    ],
)
@pytest.mark.parametrize("count", [0, 1, 40])
def test_shape_and_dtype_are_known_without_data(make: Callable[[], Transform], training: bool, count: int) -> None:
    transform = make()
    found = transform(IMAGES[:count], context(np.arange(count), training))
    assert found.shape == (count, *transform.output_shape(IMAGES.shape[1:]))
    assert found.dtype == transform.output_dtype("uint8")


@pytest.mark.parametrize(
    ("ask", "complaint"),
    [
        (
            lambda: RandomCrop(9, padding=1).output_shape((3, 6, 7)),
            "9 x 9 doesn't fit images of 6 x 7 padded by 1 to 8 x 9",
        ),
        (lambda: RandomCrop(3).output_shape((64,)), r"RandomCrop: takes images .* these samples are \(64,\)"),
        (lambda: RandomHorizontalFlip().output_shape((64,)), "RandomHorizontalFlip: takes images"),
        (lambda: Normalize([1, 2], 1).output_shape((3, 6, 7)), r"mean has 2 numbers for samples of shape \(3, 6, 7\)"),
        (lambda: Normalize(1, 1).output_dtype("uint8"), "these are uint8; put ToFloat before it"),
        (lambda: Compose([Flatten(), RandomCrop(3)]).output_shape((3, 6, 7)), r"these samples are \(126,\)"),
        (lambda: RandomCrop(0), "size is 0"),
        (lambda: RandomCrop(3, padding=-1), "padding is -1"),
        (lambda: RandomHorizontalFlip(1.5), "probability is 1.5"),
        (lambda: Normalize(0, 0), "std is 0"),
        (lambda: ToFloat(0), "divisor is 0"),
    ],
)
def test_what_cannot_be_is_refused_before_data(ask: Callable[[], object], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        ask()
