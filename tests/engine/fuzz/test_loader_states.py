"""Loaders stopped and resumed anywhere hand out what an undisturbed one does; in order, that is PyTorch's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.utils.data import DataLoader, TensorDataset

EPOCHS = 3


def batches_of(loader: Any) -> list[list[float]]:
    return [batch[0].tolist() for batch in loader]


@given(
    st.integers(0, 11),
    st.one_of(st.none(), st.integers(1, 5)),
    st.booleans(),
    st.booleans(),
    st.lists(st.integers(0, 12), max_size=4),
)
def test_resumed_anywhere(length: int, size: int | None, drop: bool, shuffle: bool, stops: list[int]) -> None:
    data = TensorDataset(engine.arange(length, dtype=engine.float64))

    def made() -> DataLoader:
        return DataLoader(data, size, shuffle and length > 0, drop_last=drop and size is not None, seed=5)

    undisturbed = made()
    right = [batches_of(undisturbed) for _ in range(EPOCHS)]
    loader, found = made(), [[] for _ in range(EPOCHS)]  # type: ignore[var-annotated]
    for stop in [*stops, 100, 100, 100]:
        if loader.epoch >= EPOCHS:
            break
        state, epoch = loader.state_dict(), loader.epoch
        loader = made()
        loader.load_state_dict(state)
        for number, batch in enumerate(loader):
            found[epoch].append(batch[0].tolist())
            if number == stop:
                break
    assert found == right
    assert loader.state_dict() == undisturbed.state_dict()


@pytest.mark.parity
@given(st.integers(0, 11), st.integers(1, 5), st.booleans())
def test_unshuffled_like_pytorch(length: int, size: int, drop: bool) -> None:
    torch = pytest.importorskip("torch")
    ours = DataLoader(TensorDataset(engine.arange(length)), size, drop_last=drop)
    theirs = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.arange(length)), size, drop_last=drop)
    assert batches_of(ours) == batches_of(theirs)
    assert len(ours) == len(theirs)
