"""MNIST's family from a folder: what the files say is what is given, and what doesn't fit is refused by name."""

import gzip
import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recipes.datasets import MNIST, FashionMNIST
from recipes.errors import UsageError

WriteFamily = Callable[..., Path]


@pytest.mark.parametrize("compress", [False, True])
def test_spec_and_splits_follow_the_files(write_family: WriteFamily, compress: bool) -> None:
    images = np.arange(30 * 5 * 6, dtype=np.uint8).reshape(30, 5, 6)
    labels = np.arange(30, dtype=np.uint8) % 10
    root = write_family(compress, train_images=images, train_labels=labels, t10k_images=images[:12])
    dataset = MNIST(root, validation=7)
    spec = dataset.spec()
    assert (spec.input_shape, spec.input_dtype) == ((1, 5, 6), "uint8")
    assert (spec.target_shape, spec.target_dtype) == ((), "int64")
    assert spec.sizes == {"train": 23, "validation": 7, "test": 12}
    for split, rows in {"train": slice(0, 23), "validation": slice(23, 30)}.items():
        found = getattr(dataset, split)
        np.testing.assert_array_equal(found.inputs, images[rows, np.newaxis])
        np.testing.assert_array_equal(found.targets, labels[rows])
        assert (found.inputs.dtype, found.targets.dtype) == (spec.input_dtype, spec.target_dtype)
    np.testing.assert_array_equal(dataset.test.inputs, images[:12, np.newaxis])


def test_the_training_images_are_in_memory_once(write_family: WriteFamily) -> None:
    dataset = MNIST(write_family(), validation=7)
    assert np.shares_memory(dataset.train.inputs.base, dataset.validation.inputs.base)


def test_a_batch_is_taken_by_indices(write_family: WriteFamily) -> None:
    train = MNIST(write_family(), validation=0).train
    inputs, targets = train[np.array([4, 2, 4])]
    np.testing.assert_array_equal(inputs, np.stack([train.inputs[4], train.inputs[2], train.inputs[4]]))
    np.testing.assert_array_equal(targets, [train.targets[4], train.targets[2], train.targets[4]])


def test_no_validation_is_allowed(write_family: WriteFamily) -> None:
    dataset = MNIST(write_family(), validation=0)
    assert (len(dataset.train), len(dataset.validation)) == (30, 0)


@pytest.mark.parametrize("held_out", [-1, 30])
def test_validation_must_leave_something_to_learn_from(write_family: WriteFamily, held_out: int) -> None:
    with pytest.raises(UsageError, match=rf"data.validation={held_out}: .* 30 samples, of which 0 to 29"):
        MNIST(write_family(), validation=held_out).spec()


def test_labels_and_images_must_pair(write_family: WriteFamily) -> None:
    root = write_family(train_labels=np.zeros(29, dtype=np.uint8))
    with pytest.raises(
        UsageError, match=r"train-labels-idx1-ubyte: holds 29 labels for the 30 images of .*train-images"
    ):
        _ = MNIST(root, validation=5).train


def test_a_label_beyond_the_classes_is_shown(write_family: WriteFamily) -> None:
    labels = np.zeros(12, dtype=np.uint8)
    labels[8] = 10
    with pytest.raises(UsageError, match="t10k-labels-idx1-ubyte: sample 8 has label 10; FashionMNIST has 10 classes"):
        _ = FashionMNIST(write_family(t10k_labels=labels)).test


def test_a_labels_file_in_place_of_the_images_is_refused(write_family: WriteFamily) -> None:
    root = write_family(train_images=np.zeros(30, dtype=np.uint8))
    with pytest.raises(
        UsageError, match="train-images-idx3-ubyte: holds 30 uint8 where images are uint8 of 3 dimensions"
    ):
        MNIST(root).spec()


def test_training_and_test_images_must_be_of_one_size(write_family: WriteFamily) -> None:
    root = write_family(t10k_images=np.zeros((12, 4, 5), dtype=np.uint8))
    with pytest.raises(UsageError, match="the training images are 4 x 4 and the test images 4 x 5"):
        MNIST(root, validation=5).spec()


def test_a_missing_folder_and_a_missing_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"data\.root=.*/nowhere: there is no such folder"):
        MNIST(tmp_path / "nowhere").spec()
    with pytest.raises(UsageError, match=r"has neither train-images-idx3-ubyte nor train-images-idx3-ubyte\.gz"):
        MNIST(tmp_path).spec()


def test_without_a_root_the_spec_is_the_published_one_and_needs_no_network() -> None:
    spec = FashionMNIST(mirror="http://127.0.0.1:1", validation=6000).spec()
    assert spec.input_shape == (1, 28, 28)
    assert spec.sizes == {"train": 54_000, "validation": 6_000, "test": 10_000}
    assert spec.classes[9] == "Ankle boot"


@pytest.mark.parametrize(("family", "folder"), [(MNIST, "mnist"), (FashionMNIST, "fashion-mnist")])
def test_the_checksums_are_those_of_the_real_files(shared_data: Path, family: type[MNIST], folder: str) -> None:
    for name, expected in family.publication.sha256.items():
        assert hashlib.sha256((shared_data / folder / name).read_bytes()).hexdigest() == expected


@pytest.mark.parametrize(
    ("family", "folder", "mean", "std"),
    [(MNIST, "mnist", 0.1307, 0.3081), (FashionMNIST, "fashion-mnist", 0.2860, 0.3530)],
)
def test_the_real_files_have_the_known_mean_and_deviation(
    shared_data: Path, family: type[MNIST], folder: str, mean: float, std: float
) -> None:
    dataset = family(shared_data / folder, validation=0)
    pixels = np.bincount(dataset.train.inputs.reshape(-1), minlength=256) / dataset.train.inputs.size
    values = np.arange(256) / 255
    assert pixels @ values == pytest.approx(mean, abs=5e-5)
    assert np.sqrt(pixels @ values**2 - (pixels @ values) ** 2) == pytest.approx(std, abs=5e-5)
    assert dataset.spec().sizes == {"train": 60_000, "validation": 0, "test": 10_000}


def test_the_real_test_split_is_what_struct_reads(shared_data: Path) -> None:
    root = shared_data / "fashion-mnist"
    images = gzip.decompress((root / "t10k-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((root / "t10k-labels-idx1-ubyte.gz").read_bytes())
    assert struct.unpack(">4I", images[:16]) == (2051, 10_000, 28, 28)
    test = FashionMNIST(root).test
    assert test.inputs.tobytes() == images[16:]
    assert test.targets.tolist() == list(labels[8:])
