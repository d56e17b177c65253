"""Layers in plain JAX: functions of arrays that are named as in PyTorch's state dict."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

Named = dict[str, Any]
Shapes = dict[str, tuple[int, ...]]


class Network:
    """One pass: reads `parameters` and `buffers`, draws from `key`, and leaves new values of buffers in `moved`.

    Images are (N, H, W, C), the layout that XLA likes on a CPU; kernels are stored as PyTorch stores them.
    """

    def __init__(self, parameters: Named, buffers: Named, key: Any) -> None:
        self.parameters = parameters
        self.buffers = buffers
        self.key = key
        self.moved: Named = {}
        self.draws = 0

    def linear(self, name: str, x: Any) -> Any:
        """The linear layer x Wᵀ + b, without b where there is none."""
        y = x @ self.parameters[f"{name}.weight"].T
        bias = self.parameters.get(f"{name}.bias")
        return y if bias is None else y + bias

    def embedding(self, name: str, indices: Any) -> Any:
        """The rows of a table."""
        return jnp.take(self.parameters[f"{name}.weight"], indices, axis=0)

    def convolution(self, name: str, x: Any, stride: int = 1, padding: int = 0) -> Any:
        """A convolution with kernels (out, in, H, W)."""
        y = lax.conv_general_dilated(
            x,
            self.parameters[f"{name}.weight"],
            (stride, stride),
            [(padding, padding)] * 2,
            dimension_numbers=("NHWC", "OIHW", "NHWC"),
        )
        bias = self.parameters.get(f"{name}.bias")
        return y if bias is None else y + bias

    def transposed_convolution(self, name: str, x: Any, stride: int = 1, padding: int = 0) -> Any:
        """The gradient of a convolution with kernels (in, out, H, W)."""
        weight = self.parameters[f"{name}.weight"]
        margin = weight.shape[-1] - 1 - padding
        y = lax.conv_general_dilated(
            x,
            jnp.flip(weight, (2, 3)),
            (1, 1),
            [(margin, margin)] * 2,
            lhs_dilation=(stride, stride),
            dimension_numbers=("NHWC", "IOHW", "NHWC"),
        )
        bias = self.parameters.get(f"{name}.bias")
        return y if bias is None else y + bias

    def batch_norm(self, name: str, x: Any) -> Any:
        """Normalised over the batch; the running statistics follow with momentum 0.1."""
        count = math.prod(x.shape[:-1])
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        for kind, now in (("mean", mean), ("var", variance * (count / (count - 1)))):
            kept = f"{name}.running_{kind}"
            before = self.moved[kept] if kept in self.moved else self.buffers[kept]
            self.moved[kept] = 0.9 * before + 0.1 * lax.stop_gradient(now)
        scale = self.parameters[f"{name}.weight"] * lax.rsqrt(variance + 1e-5)
        return (x - mean) * scale + self.parameters[f"{name}.bias"]

    def layer_norm(self, name: str, x: Any) -> Any:
        """Normalised over the last dimension."""
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred * lax.rsqrt((centred * centred).mean(-1, keepdims=True) + 1e-5)
        return scaled * self.parameters[f"{name}.weight"] + self.parameters[f"{name}.bias"]

    def dropout(self, x: Any, probability: float) -> Any:
        """Each element zero with this probability, the others scaled up."""
        if probability == 0:
            return x
        self.draws += 1
        kept = jax.random.bernoulli(jax.random.fold_in(self.key, self.draws), 1 - probability, x.shape)
        return jnp.where(kept, x / (1 - probability), 0)


def halved(x: Any) -> Any:
    """The largest of each 2x2 window; as a maximum over axes, whose gradient XLA compiles better than a pooling's."""
    batch, height, width, channels = x.shape
    return x.reshape(batch, height // 2, 2, width // 2, 2, channels).max((2, 4))


def channels_last(images: Any) -> Any:
    """(N, C, H, W) as (N, H, W, C)."""
    return jnp.transpose(images, (0, 2, 3, 1))


def heads_of(x: Any, heads: int) -> Any:
    """(N, T, width) as (N, heads, T, width / heads)."""
    batch, tokens, width = x.shape
    return x.reshape(batch, tokens, heads, width // heads).transpose(0, 2, 1, 3)


def joined(x: Any) -> Any:
    """(N, heads, T, width / heads) as (N, T, width)."""
    batch, heads, tokens, width = x.shape
    return x.transpose(0, 2, 1, 3).reshape(batch, tokens, heads * width)


def cross_entropy(scores: Any, targets: Any) -> Any:
    """The mean of -log softmax(scores)[target]; scores are (..., classes)."""
    chosen = jnp.take_along_axis(scores, targets[..., None], axis=-1)[..., 0]
    return (jax.nn.logsumexp(scores, axis=-1) - chosen).mean()


def dense(name: str, inputs: int, outputs: int, bias: bool = True) -> Shapes:
    """The shapes of a linear layer."""
    return {f"{name}.weight": (outputs, inputs)} | ({f"{name}.bias": (outputs,)} if bias else {})


def kernels(name: str, first: int, second: int, size: int, bias: int = 0) -> Shapes:
    """The shapes of a convolution."""
    return {f"{name}.weight": (first, second, size, size)} | ({f"{name}.bias": (bias,)} if bias else {})


def scale_and_shift(name: str, width: int) -> Shapes:
    """The shapes of a normalisation."""
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def statistics(name: str, width: int) -> Shapes:
    """The shapes of a batch normalisation with its running statistics."""
    return scale_and_shift(name, width) | {f"{name}.running_mean": (width,), f"{name}.running_var": (width,)}
