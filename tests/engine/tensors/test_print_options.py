"""How tensors are printed can be chosen, as in PyTorch."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import engine
from engine.tensors.print_options import options


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = replace(options)
    yield
    vars(options).update(vars(before))


def test_precision_is_the_number_of_digits() -> None:
    engine.set_printoptions(precision=2)
    assert repr(engine.tensor([1 / 3])) == "tensor([0.33])"


def test_powers_of_ten_are_used_or_not() -> None:
    engine.set_printoptions(sci_mode=True)
    assert repr(engine.tensor([1.5])) == "tensor([1.5000e+00])"
    engine.set_printoptions(sci_mode=False)
    assert repr(engine.tensor([1e-6, 1.0])) == "tensor([0.0000, 1.0000])"
    engine.set_printoptions()
    assert repr(engine.tensor([1e-6, 1.0])) == "tensor([1.0000e-06, 1.0000e+00])"


def test_long_tensors_are_shortened_above_a_threshold() -> None:
    engine.set_printoptions(threshold=5, edgeitems=1)
    assert repr(engine.arange(9)) == "tensor([0,  ..., 8])"
    engine.set_printoptions(profile="full")
    assert "..." not in repr(engine.arange(2000))


def test_unknown_profiles_are_named() -> None:
    with pytest.raises(ValueError, match="no profile 'long'; there are default, short, full"):
        engine.set_printoptions(profile="long")


@pytest.mark.parity
@pytest.mark.parametrize(
    "chosen",
    [{"precision": 2}, {"sci_mode": True}, {"profile": "short"}, {"threshold": 5, "edgeitems": 1}, {"linewidth": 40}],
    ids=str,
)
def test_texts_are_pytorchs(chosen: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    numbers = np.random.default_rng(0).standard_normal((30, 50)).astype(np.float32)
    engine.set_printoptions(**chosen)
    torch.set_printoptions(**chosen)
    try:
        for array in (numbers, numbers[:2, :3], np.arange(2000.0, dtype=np.float32), np.arange(12).reshape(3, 4)):
            assert repr(engine.from_numpy(array.copy())) == repr(torch.from_numpy(array.copy()))
    finally:
        torch.set_printoptions(profile="default")
