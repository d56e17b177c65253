"""Recurrent layers against their equations, written step by step in NumPy, and what else they promise."""

import warnings
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

import engine
from engine import nn
from engine.creation import tensor, zeros
from engine.nn.utils.rnn import PackedSequence, pack_sequence, pad_packed_sequence, pad_sequence

RNG = np.random.default_rng(1)
SEQUENCE = RNG.normal(size=(6, 3, 4))


def gru(x: np.ndarray, h: np.ndarray, w: dict[str, np.ndarray]) -> np.ndarray:
    (xr, xz, xn), (hr, hz, hn) = (
        np.split(each @ w[f"weight_{side}"].T + w[f"bias_{side}"], 3, -1) for each, side in ((x, "ih"), (h, "hh"))
    )
    z = expit(xz + hz)
    return (1 - z) * np.tanh(xn + expit(xr + hr) * hn) + z * h


def lstm(x: np.ndarray, h: np.ndarray, c: np.ndarray, w: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    sums = x @ w["weight_ih"].T + w["bias_ih"] + h @ w["weight_hh"].T + w["bias_hh"]
    i, f, g, o = np.split(sums, 4, -1)
    cell = expit(f) * c + expit(i) * np.tanh(g)
    return expit(o) * np.tanh(cell), cell


def weights(layer: nn.Module, place: str) -> dict[str, np.ndarray]:
    named = {name: value.detach().numpy() for name, value in layer.named_parameters()}
    return {name.removesuffix(place): value for name, value in named.items() if name.endswith(place)}


def test_gru_is_its_equations_in_both_directions() -> None:
    layer = nn.GRU(4, 5, bidirectional=True).double()
    output, last = layer(tensor(SEQUENCE))
    hidden, expected = np.zeros((3, 5)), np.zeros((6, 3, 10))
    for step in range(6):
        expected[step, :, :5] = hidden = gru(SEQUENCE[step], hidden, weights(layer, "_l0"))
    np.testing.assert_allclose(last[0].detach().numpy(), hidden)
    hidden = np.zeros((3, 5))
    for step in reversed(range(6)):
        expected[step, :, 5:] = hidden = gru(SEQUENCE[step], hidden, weights(layer, "_l0_reverse"))
    np.testing.assert_allclose(last[1].detach().numpy(), hidden)
    np.testing.assert_allclose(output.detach().numpy(), expected)


def test_lstm_is_its_equations_layer_over_layer() -> None:
    layer = nn.LSTM(4, 5, num_layers=2).double()
    output, (hidden, cell) = layer(tensor(SEQUENCE))
    below = SEQUENCE
    for number in range(2):
        h, c, above = np.zeros((3, 5)), np.zeros((3, 5)), []
        for step in below:
            h, c = lstm(step, h, c, weights(layer, f"_l{number}"))
            above.append(h)
        below = np.stack(above)
        np.testing.assert_allclose(hidden[number].detach().numpy(), h)
        np.testing.assert_allclose(cell[number].detach().numpy(), c)
    np.testing.assert_allclose(output.detach().numpy(), below)


def parts(state: Any) -> tuple[Any, ...]:
    return state if isinstance(state, tuple) else (state,)


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_packed_sequences_are_each_sequence_alone(kind: Any) -> None:
    layer = kind(4, 5, num_layers=2, bidirectional=True).double()
    sequences = [tensor(SEQUENCE[:length, place]) for place, length in enumerate((2, 6, 4))]
    output, state = layer(pack_sequence(sequences, enforce_sorted=False))
    padded, lengths = pad_packed_sequence(output)
    assert lengths.tolist() == [2, 6, 4]
    for place, sequence in enumerate(sequences):
        alone, ended = layer(sequence)
        np.testing.assert_allclose(padded[: len(sequence), place].detach().numpy(), alone.detach().numpy())
        for one, other in zip(parts(state), parts(ended), strict=True):
            np.testing.assert_allclose(one[:, place].detach().numpy(), other.detach().numpy())


def test_dropout_between_layers_acts_in_training_alone() -> None:
    layer = nn.GRU(4, 50, num_layers=2, dropout=0.5)
    inner = nn.GRU(4, 50, num_layers=2)
    inner.load_state_dict(layer.state_dict())
    given = engine.randn(3, 2, 4)
    assert not engine.equal(layer(given)[0], layer(given)[0])
    assert engine.equal(layer.eval()(given)[0], inner(given)[0])


def test_dropout_of_one_layer_is_told_to_do_nothing() -> None:
    with pytest.warns(UserWarning, match="after all but the last recurrent layer"):
        nn.LSTM(4, 5, dropout=0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nn.LSTM(4, 5, num_layers=2, dropout=0.5).flatten_parameters()


def test_meta_layers_know_their_shapes() -> None:
    output, (hidden, cell) = nn.LSTM(4, 5, 2, device="meta")(zeros(6, 3, 4, device="meta"))
    assert (tuple(output.shape), tuple(hidden.shape), tuple(cell.shape)) == ((6, 3, 5), (2, 3, 5), (2, 3, 5))


def test_a_recorded_step_repeats_itself() -> None:
    layer = nn.GRU(4, 5)
    recorded = engine.compile(lambda given: layer(given)[0].detach())
    first, second = engine.randn(3, 2, 4), engine.randn(3, 2, 4)
    recorded(first)
    assert engine.allclose(recorded(second), layer(second)[0])
    assert recorded.reason is None


def test_a_tagger_of_packed_batches_learns() -> None:
    """The sign of a running sum at each step, of sequences of all lengths."""
    engine.manual_seed(0)
    rng = np.random.default_rng(0)
    layer, head = nn.LSTM(1, 16), nn.Linear(16, 1)
    optimizer = engine.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.02)
    losses = []
    for _ in range(60):
        drawn = [rng.normal(size=(int(length), 1)).astype("float32") for length in rng.integers(1, 9, 32)]
        packed = pack_sequence([tensor(each) for each in drawn], enforce_sorted=False)
        goals = [tensor((each.cumsum(0) > 0).astype("float32")) for each in drawn]
        scores, lengths = pad_packed_sequence(layer(packed)[0], batch_first=True)
        wanted = pad_sequence(goals, batch_first=True)
        known = engine.arange(scores.shape[1])[None] < lengths[:, None]
        loss = nn.functional.binary_cross_entropy_with_logits(head(scores)[known], wanted[known])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.mean(losses[-5:]) < 0.35 < 0.6 < losses[0]


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_layers_large_enough_for_kernels_are_what_their_references_are(kind: Any) -> None:
    """Forward, backward and the gradient of a gradient, from a first state that all sequences share."""
    rng = np.random.default_rng(0)
    layer = kind(5, 70, num_layers=2, bidirectional=True)
    sequences = [tensor(rng.normal(size=(length, 5)).astype("float32")) for length in rng.integers(1, 31, 67)]
    packed = pack_sequence(sequences, enforce_sorted=False)
    first = tensor(rng.normal(size=(4, 1, 70)).astype("float32"))
    found = []
    for mode in ("fast", "reference"):
        with engine.kernel_mode(mode):
            data, start = packed.data.clone().requires_grad_(), first.clone().requires_grad_()
            shared = start.expand(4, 67, 70)
            given = PackedSequence(data, *packed[1:])
            output, state = layer(given, (shared, shared) if kind is nn.LSTM else shared)
            loss = (output.data**2).mean() + sum((each**3).mean() for each in parts(state))
            wanted = [data, start, *layer.parameters()]
            gradients = engine.autograd.grad(loss, wanted, create_graph=True)
            second = engine.autograd.grad(gradients[0].sum(), wanted[:4])
            found.append([each.detach().numpy() for each in (output.data, *parts(state), *gradients, *second)])
    for mine, right in zip(*found, strict=True):
        np.testing.assert_allclose(mine, right, rtol=1e-4, atol=1e-5 * np.abs(right).max())
