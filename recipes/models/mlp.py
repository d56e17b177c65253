"""The multi-layer perceptron: linear layers with an activation between them."""

import itertools
from typing import Any, Literal

from engine import nn

_ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU, "tanh": nn.Tanh}


class MLP(nn.Module):
    """Flattens its input and sends it through `hidden` layers of these widths to `out_features` scores.

    Each hidden layer is Linear, activation, Dropout. Input (N, ...) with in_features numbers a sample, output
    (N, out_features). Raises ValueError for a width below one, an unknown activation, and a dropout outside of [0, 1].
    """

    def __init__(
        self,
        in_features: int,
        hidden: list[int],
        out_features: int,
        activation: Literal["relu", "gelu", "silu", "tanh"] = "relu",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        widths = [in_features, *hidden]
        if min(*widths, out_features) < 1:
            raise ValueError(f"all widths must be at least 1, got {widths} and {out_features}")
        if activation not in _ACTIVATIONS:
            raise ValueError(f"activation {activation!r} is unknown; allowed are {', '.join(_ACTIVATIONS)}")
        layers: list[nn.Module] = [nn.Flatten()]
        for width, following in itertools.pairwise(widths):
            layers += [nn.Linear(width, following), _ACTIVATIONS[activation]()]
            if dropout != 0:
                layers.append(nn.Dropout(dropout))
        layers.append(nn.Linear(widths[-1], out_features))
        self.layers = nn.Sequential(*layers)

    def forward(self, input: Any) -> Any:
        """Scores of each class for each sample."""
        return self.layers(input)
