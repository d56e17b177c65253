"""LSTM: the layer of long short-term memory."""

from __future__ import annotations

from typing import Any

from engine.nn.layers.recurrent.layers import RNNBase
from engine.ops.sequences.recurrent_order import Sizes
from engine.ops.sequences.recurrent_sequence import State, run_lstm, run_projected_lstm


class LSTM(RNNBase):
    """i, f, o = σ(x_t W_ihᵀ + b_ih + h W_hhᵀ + b_hh), g = tanh of the same; c_t = f c_{t-1} + i g; h_t = o tanh(c_t).

    The weights hold those of i, f, g and o one below another; with proj_size h_t is multiplied by weight_hr. The state
    is (h, c) (torch.nn.LSTM).
    """

    mode = "LSTM"
    gates = 4
    state_names = ("hidden[0]", "hidden[1]")

    def run(
        self, data: Any, state: State, parameters: dict[str, Any], sizes: Sizes, from_end: bool
    ) -> tuple[Any, State]:
        weights = parameters["weight_ih"], parameters["weight_hh"]
        biases, projection = self._biases(parameters), parameters.get("weight_hr")
        if projection is None:
            return run_lstm(data, state, weights, biases, sizes, from_end)
        return run_projected_lstm(data, state, weights, biases, projection, sizes, from_end)
