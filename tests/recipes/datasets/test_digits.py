"""The digits are scikit-learn's, split the same way every time."""

import gzip
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from recipes.datasets.digits import Digits, read_table
from recipes.errors import UsageError


def test_the_splits_are_the_published_digits_dealt_out_by_rank() -> None:
    published = pytest.importorskip("sklearn.datasets").load_digits()
    seen: Counter[int] = Counter()
    images: dict[str, list[np.ndarray]] = {"train": [], "validation": [], "test": []}
    labels: dict[str, list[int]] = {"train": [], "validation": [], "test": []}
    for image, label in zip(published.images, published.target, strict=True):
        rank = seen[label] % 10
        split = "test" if rank in (4, 9) else "validation" if rank == 2 else "train"
        images[split].append(image[np.newaxis] / 16)
        labels[split].append(label)
        seen[label] += 1
    digits = Digits()
    for split in images:
        found = getattr(digits, split)
        np.testing.assert_array_equal(found.inputs, np.array(images[split]))
        np.testing.assert_array_equal(found.targets, labels[split])


def test_the_spec_is_what_is_read() -> None:
    digits = Digits()
    spec = digits.spec()
    for split, size in spec.sizes.items():
        found = getattr(digits, split)
        assert len(found) == size
        assert found.inputs.shape == (size, *spec.input_shape)
        assert found.inputs.dtype == spec.input_dtype
        assert found.targets.shape == (size, *spec.target_shape)
        assert found.targets.dtype == spec.target_dtype
        assert set(found.targets.tolist()) == set(range(len(spec.classes)))
        assert found.inputs.min() == 0
        assert found.inputs.max() == 1


def test_each_class_has_its_share_of_each_split() -> None:
    digits = Digits()
    counts = {split: np.bincount(getattr(digits, split).targets) for split in digits.spec().sizes}
    whole = sum(counts.values())
    for split, share in {"train": 0.7, "validation": 0.1, "test": 0.2}.items():
        np.testing.assert_allclose(counts[split], share * whole, atol=1.5)


def test_scikit_learn_is_not_imported() -> None:
    program = "import sys; from recipes.datasets import Digits; Digits().train; assert 'sklearn' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[3])


def test_without_scikit_learn_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)  # Python's own way to make a package unfindable
    with pytest.raises(UsageError, match=r"no scikit-learn: run `pip install"):
        _ = Digits().train


def test_a_scikit_learn_without_the_file_is_told_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sklearn").mkdir()
    (tmp_path / "sklearn" / "__init__.py").touch()
    monkeypatch.delitem(sys.modules, "sklearn", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageError, match="a scikit-learn without them"):
        _ = Digits().train


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"1,2,3\n", "holds 1 x 3 numbers where the digits have 1797 x 65"),
        ((b"17," * 64 + b"3\n") * 1797, "has pixels above 16"),
        ((b"1," * 64 + b"10\n") * 1797, "digits above 9"),
        (b"a,b\n", "not a table of digits"),
    ],
)
def test_a_wrong_table_is_refused_by_name(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "digits.csv.gz"
    path.write_bytes(gzip.compress(content))
    with pytest.raises(UsageError, match=f"digits.csv.gz: .*{complaint}"):
        read_table(path)


def test_a_damaged_table_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "digits.csv.gz"
    path.write_bytes(gzip.compress((b"1," * 64 + b"1\n") * 1797)[:-9])
    with pytest.raises(UsageError, match=r"digits\.csv\.gz: not a table of digits"):
        read_table(path)
