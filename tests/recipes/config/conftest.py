"""A user's folder with configs of its own, written by the tests that need one."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a file below the working folder of the test."""
    monkeypatch.chdir(tmp_path)

    def write_file(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def small(write: Write) -> Write:
    """An experiment `small` in `./configs` whose parts exist: transforms stand in for a model, an optimizer, a loop."""
    write(
        "configs/small.yaml",
        """\
        # A small one
        defaults:
          - part@model: crop
          - part@optimizer: flip
          - part@loop: flip
          - _self_

        epochs: 3
        data:
          dataset:
            _target_: recipes.datasets.digits.Digits
        """,
    )
    write("configs/part/crop.yaml", "_target_: recipes.transforms.geometry.RandomCrop\nsize: 8\npadding: 1\n")
    write("configs/part/flip.yaml", "_target_: recipes.transforms.geometry.RandomHorizontalFlip\nprobability: 0.5\n")
    return write
