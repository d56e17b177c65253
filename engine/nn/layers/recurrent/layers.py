"""RNNBase: what recurrent layers share, from their parameters to the run over layers and directions."""

from __future__ import annotations

import math
import warnings
from typing import Any

from engine.creation import empty
from engine.nn.functional.dropout import dropout
from engine.nn.init import uniform_
from engine.nn.layers.recurrent.arguments import check_arguments
from engine.nn.module import Module
from engine.nn.parameter import Parameter
from engine.nn.utils.packed_sequence import PackedSequence
from engine.ops.layouts.joining import cat, stack, unbind
from engine.ops.sequences.recurrent_order import Sizes
from engine.ops.sequences.recurrent_sequence import State


class RNNBase(Module):
    """Layers of recurrent steps over sequences of [T, B, input_size], the step being the subclass's.

    Parameters are named as PyTorch's: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, with `_reverse` for the
    direction from the end; all start uniform in ±1/√hidden_size.
    """

    mode = ""
    # How many sums of hidden_size a step needs.
    gates = 1
    # What the parts of a state are called in errors; their number is that of the parts.
    state_names: tuple[str, ...] = ("hidden",)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        check_arguments(input_size, hidden_size, num_layers, bias, batch_first, dropout, proj_size)
        if dropout > 0 and num_layers == 1:
            warnings.warn(
                "dropout is applied after all but the last recurrent layer: if not zero it expects num_layers greater "
                f"than 1, but got dropout={dropout} and num_layers={num_layers}",
                stacklevel=3,
            )
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            for suffix in ("", "_reverse")[: self._directions]:
                shapes = self._shapes(layer, suffix)
                for name, shape in shapes.items():
                    self.register_parameter(name, Parameter(empty(*shape, device=device, dtype=dtype)))
                self._all_weights.append(list(shapes))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all weights and biases anew."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            uniform_(parameter, -bound, bound)

    @property
    def all_weights(self) -> list[list[Any]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def flatten_parameters(self) -> None:
        """Do nothing: the parameters need not lie side by side here."""

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """The outputs of the last layer at all steps, and the state in which each layer and direction ends.

        The input is [T, B, input_size], [B, T, input_size] if `batch_first`, [T, input_size], or packed; the state
        [layers * directions, B, hidden_size], without B for a single sequence, and zero by default. Raises RuntimeError
        or ValueError for shapes and types that do not fit.
        """
        if isinstance(input, PackedSequence):
            return self._run_packed(input, hx)
        if input.ndim not in (2, 3):
            raise ValueError(f"{type(self).__name__}: Expected input to be 2D or 3D, got {input.ndim}D instead")
        state = self._parts(hx)
        self._check_ranks(state, input.ndim)
        if input.ndim == 2:
            output, final = self._run_padded(
                input.unsqueeze(0 if self.batch_first else 1), state and [each.unsqueeze(1) for each in state]
            )
            return output.squeeze(0 if self.batch_first else 1), self._whole([each.squeeze(1) for each in final])
        output, final = self._run_padded(input, state)
        return output, self._whole(final)

    def run(
        self, data: Any, state: State, parameters: dict[str, Any], sizes: Sizes, from_end: bool
    ) -> tuple[Any, State]:
        """The outputs of one layer and direction with these parameters at all steps, and the state they end in."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it steps")

    def extra_repr(self) -> str:
        told = f"{self.input_size}, {self.hidden_size}"
        defaults = {
            "proj_size": 0,
            "num_layers": 1,
            "bias": True,
            "batch_first": False,
            "dropout": 0,
            "bidirectional": False,
        }
        for name, default in defaults.items():
            if getattr(self, name) != default:
                told += f", {name}={getattr(self, name)}"
        return told

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def _output_size(self) -> int:
        return self.proj_size or self.hidden_size

    def _shapes(self, layer: int, suffix: str) -> dict[str, tuple[int, ...]]:
        sums = self.gates * self.hidden_size
        inputs = self.input_size if layer == 0 else self._output_size * self._directions
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (sums, inputs), "weight_hh": (sums, self._output_size)}
        if self.bias:
            shapes |= {"bias_ih": (sums,), "bias_hh": (sums,)}
        if self.proj_size:
            shapes["weight_hr"] = (self.proj_size, self.hidden_size)
        return {f"{name}_l{layer}{suffix}": shape for name, shape in shapes.items()}

    def _run_padded(self, input: Any, state: list[Any] | None) -> tuple[Any, list[Any]]:
        self._check_input(input, 3)
        steps_first = input.transpose(0, 1) if self.batch_first else input
        steps, batch = steps_first.shape[:2]
        if not steps:
            raise RuntimeError(f"Expected sequence length to be larger than 0 in RNN, got input of {list(input.shape)}")
        data = steps_first.reshape(steps * batch, self.input_size)
        output, final = self._run(data, (batch,) * steps, self._checked(state, data, batch))
        output = output.reshape(steps, batch, output.shape[-1])
        return (output.transpose(0, 1) if self.batch_first else output), final

    def _run_packed(self, input: PackedSequence, hx: Any) -> tuple[PackedSequence, Any]:
        data, batch_sizes, order, back = input
        self._check_input(data, 2)
        sizes = tuple(batch_sizes.tolist())
        state = self._parts(hx)
        if state is not None and order is not None:
            state = [each.index_select(1, order) for each in state]
        output, final = self._run(data, sizes, self._checked(state, data, sizes[0]))
        if back is not None:
            final = [each.index_select(1, back) for each in final]
        return PackedSequence(output, batch_sizes, order, back), self._whole(final)

    def _run(self, data: Any, sizes: Sizes, state: list[Any]) -> tuple[Any, list[Any]]:
        """All layers over packed data; states of [layers * directions, B, size] in and out."""
        ended: list[State] = []
        initial = list(zip(*(unbind(each) for each in state), strict=True))
        for layer in range(self.num_layers):
            outputs = []
            for from_end in (False, True)[: self._directions]:
                place = len(ended)
                output, final = self.run(data, initial[place], self._parameters_of(place), sizes, from_end)
                outputs.append(output)
                ended.append(final)
            data = cat(outputs, -1) if self.bidirectional else outputs[0]
            if self.dropout and layer < self.num_layers - 1:
                data = dropout(data, self.dropout, self.training)
        return data, [stack(each) for each in zip(*ended, strict=True)]

    def _biases(self, parameters: dict[str, Any]) -> tuple[Any, ...]:
        return (parameters["bias_ih"], parameters["bias_hh"]) if self.bias else ()

    def _parameters_of(self, place: int) -> dict[str, Any]:
        """The parameters of a layer and direction, by their names without them."""
        return {name.partition("_l")[0]: getattr(self, name) for name in self._all_weights[place]}

    def _parts(self, hx: Any) -> list[Any] | None:
        """A given state as the list of its parts."""
        return None if hx is None else [hx] if len(self.state_names) == 1 else list(hx)

    def _whole(self, state: list[Any]) -> Any:
        return state[0] if len(self.state_names) == 1 else tuple(state)

    def _check_ranks(self, state: list[Any] | None, rank: int) -> None:
        for each in state or ():
            if each.ndim != rank:
                kind = "batched 3-D" if rank == 3 else "unbatched 2-D"
                raise RuntimeError(
                    f"For {kind} input, the state should also be {rank}-D but got {each.ndim}-D of {list(each.shape)}"
                )

    def _check_input(self, input: Any, rank: int) -> None:
        kind = next(self.parameters()).dtype
        if input.dtype != kind:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({kind}). Convert input: "
                f"input.to({kind}), or convert model: model.to({input.dtype})"
            )
        if input.ndim != rank:
            raise RuntimeError(f"input must have {rank} dimensions, got {input.ndim}: {list(input.shape)}")
        if input.shape[-1] != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.shape[-1]}"
            )

    def _checked(self, state: list[Any] | None, data: Any, batch: int) -> list[Any]:
        """The given state, or zeros."""
        layers = self.num_layers * self._directions
        shapes = [(layers, batch, self._output_size), (layers, batch, self.hidden_size)][: len(self.state_names)]
        if state is None:
            return [data.new_zeros(shape) for shape in shapes]
        for name, each, shape in zip(self.state_names, state, shapes, strict=True):
            if each.shape != shape:
                raise RuntimeError(f"Expected {name} size {shape}, got {list(each.shape)}")
        return state
