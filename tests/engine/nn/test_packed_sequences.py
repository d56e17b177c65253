"""Sequences padded, packed and back: by hand, and beside PyTorch."""

from typing import Any

import numpy as np
import pytest

from engine.creation import tensor
from engine.nn.utils import rnn
from tests.engine.nn.torch_twins import assert_equal

RNG = np.random.default_rng(6)
LENGTHS = [2, 5, 1, 5]
SEQUENCES = [RNG.normal(size=(length, 3)) for length in LENGTHS]


def test_packing_goes_through_the_steps_and_back() -> None:
    packed = rnn.pack_sequence([tensor([1, 2, 3]), tensor([4, 5]), tensor([6])])
    assert packed.data.tolist() == [1, 4, 6, 2, 5, 3]
    assert packed.batch_sizes.tolist() == [3, 2, 1]
    assert packed.sorted_indices is None
    padded, lengths = rnn.pad_packed_sequence(packed, padding_value=-1)
    assert padded.tolist() == [[1, 4, 6], [2, 5, -1], [3, -1, -1]]
    assert lengths.tolist() == [3, 2, 1]


def test_sequences_in_any_order_come_back_in_it() -> None:
    packed = rnn.pack_sequence([tensor(each) for each in SEQUENCES], enforce_sorted=False)
    assert packed.batch_sizes.tolist() == [4, 3, 2, 2, 2]
    for one, other in zip(rnn.unpack_sequence(packed), SEQUENCES, strict=True):
        np.testing.assert_array_equal(one.numpy(), other)
    order = packed.sorted_indices.numpy()
    assert sorted(LENGTHS, reverse=True) == [LENGTHS[place] for place in order]
    np.testing.assert_array_equal(packed.unsorted_indices.numpy(), np.argsort(order))


def test_gradients_find_back_to_each_sequence() -> None:
    leaves = [tensor(each, requires_grad=True) for each in SEQUENCES]
    packed = rnn.pack_sequence(leaves, enforce_sorted=False)
    padded, _ = rnn.pad_packed_sequence(packed, batch_first=True)
    weights = RNG.normal(size=padded.shape)
    (padded * tensor(weights)).sum().backward()
    for place, (leaf, length) in enumerate(zip(leaves, LENGTHS, strict=True)):
        np.testing.assert_allclose(leaf.grad.numpy(), weights[place, :length])


def test_a_packed_sequence_changes_its_type() -> None:
    packed = rnn.pack_sequence([tensor(each) for each in SEQUENCES], enforce_sorted=False)
    assert packed.float().data.dtype.name == "float32"
    assert packed.float().sorted_indices is packed.sorted_indices
    assert packed.double() is packed
    assert not packed.is_cuda


torch = pytest.importorskip("torch")
STACKED = RNG.normal(size=(5, 4, 3))


def compare_packed(ours: Any, theirs: Any) -> None:
    for one, other in zip(ours, theirs, strict=True):
        assert (one is None) == (other is None)
        if other is not None:
            assert_equal(one, other, 1e-12, "packed")


@pytest.mark.parity
@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("enforce_sorted", [True, False])
@pytest.mark.parametrize("as_tensors", [True, False])
def test_packing_equals_pytorchs(batch_first: bool, enforce_sorted: bool, as_tensors: bool) -> None:
    lengths = sorted(LENGTHS, reverse=True) if enforce_sorted else LENGTHS
    given = STACKED.transpose(1, 0, 2).copy() if batch_first else STACKED
    options: dict[str, Any] = {"batch_first": batch_first, "enforce_sorted": enforce_sorted}
    ours = rnn.pack_padded_sequence(tensor(given), tensor(lengths) if as_tensors else lengths, **options)
    lens = torch.tensor(lengths) if as_tensors else lengths
    theirs = torch.nn.utils.rnn.pack_padded_sequence(torch.tensor(given), lens, **options)
    compare_packed(ours, theirs)
    for first in (True, False):
        back: dict[str, Any] = {"batch_first": first, "padding_value": 7.0, "total_length": 6}
        compare_packed(rnn.pad_packed_sequence(ours, **back), torch.nn.utils.rnn.pad_packed_sequence(theirs, **back))
    for one, other in zip(rnn.unpack_sequence(ours), torch.nn.utils.rnn.unpack_sequence(theirs), strict=True):
        assert_equal(one, other, 0, "unpacked")


@pytest.mark.parity
@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("trailing", [(), (3,), (2, 0)])
def test_padding_equals_pytorchs(batch_first: bool, side: str, trailing: tuple[int, ...]) -> None:
    arrays = [RNG.normal(size=(length, *trailing)) for length in (2, 0, 4)]
    options: dict[str, Any] = {"batch_first": batch_first, "padding_value": -2.5, "padding_side": side}
    ours = rnn.pad_sequence([tensor(each) for each in arrays], **options)
    theirs = torch.nn.utils.rnn.pad_sequence([torch.tensor(each) for each in arrays], **options)
    assert tuple(ours.shape) == tuple(theirs.shape)
    assert_equal(ours, theirs, 0, "padded")


@pytest.mark.parity
@pytest.mark.parametrize(
    "call",
    [
        lambda library, make: library.pack_padded_sequence(make(STACKED), [4, 5, 1, 1]),
        lambda library, make: library.pack_padded_sequence(make(STACKED), [4, 3, 1, 0]),
        lambda library, make: library.pack_padded_sequence(make(STACKED), [4, 3, 1]),
        lambda library, make: library.pack_padded_sequence(make(STACKED[:, :0]), []),
        lambda library, make: library.pad_packed_sequence(
            library.pack_padded_sequence(make(STACKED), [4, 3, 2, 1]), total_length=3
        ),
        lambda library, make: library.pad_sequence(3),
        lambda library, make: library.pad_sequence([]),
        lambda library, make: library.pad_sequence([make(STACKED), make(STACKED[..., :2])]),
        lambda library, make: library.pad_sequence([make(STACKED)], padding_side="up"),
    ],
)
def test_what_pytorch_refuses_is_refused(call: Any) -> None:
    with pytest.raises((RuntimeError, ValueError)) as theirs:
        call(torch.nn.utils.rnn, torch.tensor)
    with pytest.raises(theirs.type):
        call(rnn, tensor)


def test_more_steps_than_there_are() -> None:
    with pytest.raises(RuntimeError, match="lengths go up to 6, but the input has 5 steps"):
        rnn.pack_padded_sequence(tensor(STACKED), [6, 5, 1, 1])
