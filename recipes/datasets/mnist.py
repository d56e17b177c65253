"""MNIST and its family: small grey images of ten classes in four IDX files."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from recipes.datasets import idx
from recipes.datasets.dataset import ArrayDataset, DataSpec
from recipes.datasets.download import cache_folder, fetch
from recipes.errors import UsageError

PARTS = ("train", "t10k")
FILES = {"images": "images-idx3-ubyte", "labels": "labels-idx1-ubyte"}


@dataclass(frozen=True)
class Publication:
    """Where a dataset was published: its name in the cache, its mirrors and the SHA-256 of each file there."""

    name: str
    mirrors: tuple[str, ...]
    sha256: Mapping[str, str]


class MNIST:
    """70,000 handwritten digits, 28 x 28 grey pixels as uint8: 60,000 to learn from and 10,000 to test.

    Inputs are (N, 1, 28, 28) uint8, targets int64. The last `validation` samples of the training files validate, the
    rest train; the t10k files are the test split. `root` is a folder with the four files, plain or .gz; without it
    they are downloaded once, from `mirror` if given. Files in `root` may hold fewer or larger images: their headers
    say what `spec` reports. Source: LeCun, Cortes and Burges, the MNIST database of handwritten digits.
    """

    classes: ClassVar[tuple[str, ...]] = tuple(str(digit) for digit in range(10))
    publication: ClassVar[Publication] = Publication(
        name="mnist",
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist",
            "https://storage.googleapis.com/cvdf-datasets/mnist",
        ),
        sha256={
            "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        },
    )

    def __init__(self, root: str | Path | None = None, validation: int = 5000, mirror: str | None = None) -> None:
        if root is not None and not str(root).strip():
            raise ValueError("root is empty; name a folder with the files, or leave it out to download them")
        self.root = None if root is None else Path(root).expanduser()
        self.held_out = validation
        self.mirrors = self.publication.mirrors if mirror is None else (mirror,)

    def spec(self) -> DataSpec:
        """Describe the samples: from the headers of the files in `root`, else as published; reads no sample."""
        shapes: dict[str, tuple[int, ...]] = {"train": (60_000, 28, 28), "t10k": (10_000, 28, 28)}
        if self.root is not None:
            shapes = {part: self._image_header(part).shape for part in PARTS}
        if shapes["train"][1:] != shapes["t10k"][1:]:
            raise UsageError(
                f"{self.root}: the training images are {_by(shapes['train'][1:])} and the test images "
                f"{_by(shapes['t10k'][1:])}; they have to be of one size"
            )
        train = self._learned_from(shapes["train"][0])
        return DataSpec(
            input_shape=(1, *shapes["train"][1:]),
            input_dtype="uint8",
            target_shape=(),
            target_dtype="int64",
            classes=self.classes,
            sizes={"train": train, "validation": self.held_out, "test": shapes["t10k"][0]},
        )

    @property
    def train(self) -> ArrayDataset:
        """The samples to learn from."""
        images, labels = self._training_files
        count = self._learned_from(len(images))
        return ArrayDataset(images[:count], labels[:count])

    @property
    def validation(self) -> ArrayDataset:
        """The samples to choose by: the last of the training files."""
        images, labels = self._training_files
        count = self._learned_from(len(images))
        return ArrayDataset(images[count:], labels[count:])

    @cached_property
    def test(self) -> ArrayDataset:
        """The samples to report on."""
        return ArrayDataset(*self._read("t10k"))

    @cached_property
    def _training_files(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        return self._read("train")

    def _read(self, part: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        header = self._image_header(part)
        images_path, labels_path = self._path(part, "images"), self._path(part, "labels")
        labels_header = idx.read_header(labels_path)
        _demand(labels_header, labels_path, dimensions=1, what="labels")
        if labels_header.shape[0] != header.shape[0]:
            raise UsageError(
                f"{labels_path}: holds {labels_header.shape[0]:,} labels "
                f"for the {header.shape[0]:,} images of {images_path}"
            )
        labels = idx.read(labels_path)
        if labels.size and labels.max() >= len(self.classes):
            raise UsageError(
                f"{labels_path}: sample {int(labels.argmax())} has label {labels.max()}; "
                f"{type(self).__name__} has {len(self.classes)} classes, 0 to {len(self.classes) - 1}"
            )
        return idx.read(images_path)[:, np.newaxis], labels.astype(np.int64)

    def _image_header(self, part: str) -> idx.Header:
        path = self._path(part, "images")
        header = idx.read_header(path)
        _demand(header, path, dimensions=3, what="images")
        return header

    def _path(self, part: str, kind: str) -> Path:
        """Find a file in `root`, plain or compressed; without a root, in the cache, filled from the network."""
        name = f"{part}-{FILES[kind]}"
        if self.root is None:
            return self._fetch(f"{name}.gz")
        if not self.root.is_dir():
            reason = "that is a file, a folder is needed" if self.root.exists() else "there is no such folder"
            raise UsageError(f"data.root={self.root}: {reason}")
        for path in (self.root / name, self.root / f"{name}.gz"):
            if path.is_file():
                return path
        raise UsageError(f"data.root={self.root}: has neither {name} nor {name}.gz")

    def _fetch(self, file: str) -> Path:
        folder = cache_folder(self.publication.name)
        addresses = [f"{mirror.rstrip('/')}/{file}" for mirror in self.mirrors]
        try:
            return fetch(folder / file, addresses, self.publication.sha256[file])
        except UsageError as error:
            hint = "without a network, name a folder that holds the files: data.root=FOLDER"
            raise UsageError(f"{error}; {hint}") from error

    def _learned_from(self, samples: int) -> int:
        """Return how many of the training files' samples remain to learn from."""
        if not 0 <= self.held_out < samples:
            raise UsageError(
                f"data.validation={self.held_out}: the training files hold {samples:,} samples, "
                f"of which 0 to {samples - 1:,} can be held out"
            )
        return samples - self.held_out


class FashionMNIST(MNIST):
    """70,000 pictures of clothes in MNIST's form: the same files, sizes and splits, ten classes of clothing.

    Source: Xiao, Rasul and Vollgraf, Fashion-MNIST (2017).
    """

    classes: ClassVar[tuple[str, ...]] = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
    publication: ClassVar[Publication] = Publication(
        name="fashion-mnist",
        mirrors=(
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        ),
        sha256={
            "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        },
    )


def _demand(header: idx.Header, path: Path, dimensions: int, what: str) -> None:
    if len(header.shape) != dimensions or header.dtype != np.dtype(np.uint8):
        raise UsageError(f"{path}: holds {header} where {what} are uint8 of {dimensions} dimensions")


def _by(sizes: tuple[Any, ...]) -> str:
    return " x ".join(str(size) for size in sizes)
