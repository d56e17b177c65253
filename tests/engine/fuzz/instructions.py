"""The instructions of random programs that make tensors: math, joins, choices and views."""

from __future__ import annotations

from typing import Any

from tests.engine.fuzz.machine import Machine, instruction, positions


def dim_of(x: Any, p: int) -> int:
    """A dimension of `x`, from the front or from the back."""
    return p % (2 * x.ndim) - x.ndim if x.ndim else p % 2 - 1


def position(x: Any, dim: int, p: int) -> int:
    """A position along a dimension, from the front or from the back."""
    length = x.shape[dim] if x.ndim else 1
    return p % (2 * length) - length if length else 0


def hidden(machine: Machine, x: Any) -> bool:
    """Whether gradients are off for a tensor that needs them: PyTorch says of its views that they need one too."""
    return bool(x.requires_grad and not machine.lib.is_grad_enabled())


POINTWISE = [
    "sin",
    "cos",
    "tanh",
    "sigmoid",
    "exp",
    "neg",
    "abs",
    "relu",
    "square",
    "sign",
    "floor",
    "round",
    "frac",
    "sqrt",
    "log1p",
    "reciprocal",
    "erf",
    "expm1",
]
REDUCTIONS = ["sum", "mean", "prod", "amax", "amin", "var", "norm", "logsumexp"]


@instruction
def nothing(machine: Machine, x: Any, y: Any, p: int, q: int) -> Any:
    return None


@instruction
def pointwise(machine: Machine, x: Any, y: Any, p: int, q: int) -> Any:
    return getattr(x, POINTWISE[p % len(POINTWISE)])()


@instruction
def binary(machine: Machine, x: Any, y: Any, p: int, q: int) -> Any:
    y = machine.mate(x, y)
    lib = machine.lib
    forms = [
        lambda: x + y,
        lambda: x * y,
        lambda: x - y,
        lambda: x / (y * y + 1),
        lambda: lib.maximum(x, y),
        lambda: lib.minimum(x, y),
        lambda: x.add(y, alpha=2),
        lambda: (x * x + 0.5).pow(y.tanh()),
        lambda: lib.where(x > y, x, y),
        lambda: lib.atan2(x, y + 3),
        lambda: x.lerp(y.expand_as(x), 0.25) if y.ndim <= x.ndim else x.sub(y, alpha=3),
        lambda: lib.addcmul(x, y, y, value=0.5),
        lambda: lib.logaddexp(x, y),
    ]
    return forms[p % len(forms)]()


@instruction
def with_number(machine: Machine, x: Any, y: Any, p: int, q: int) -> Any:
    forms = [
        lambda: x + 1,
        lambda: 2 * x,
        lambda: 1 - x,
        lambda: x / 2,
        lambda: x**2,
        lambda: x**3,
        lambda: x.clamp(-0.5, 0.5),
        lambda: x.clamp(min=q % 3 - 1),
        lambda: x % 2,
        lambda: x * 0,
        lambda: x**0,
    ]
    return forms[p % len(forms)]()


@instruction
def reduce(machine: Machine, x: Any, y: Any, p: int, q: int) -> Any:
    name = REDUCTIONS[p % len(REDUCTIONS)]
    dim = dim_of(x, q)
    if name == "norm":
        return x.norm(2, dim=dim) if q % 3 else x.norm()
    if name == "prod":
        return x.prod() if not q % 4 else x.prod(dim, keepdim=bool(q % 2))
    if name == "var":
        return x.var(dim, correction=q % 2)
    if name in ("sum", "mean", "amax", "amin") and not q % 5:
        return getattr(x, name)()
    return getattr(x, name)(dim, keepdim=bool(q % 2))


@instruction
def matmul(machine: Machine, x: Any, y: Any, p: int, q: int) -> Any:
    # Copies: of batches PyTorch keeps a tensor or a copy of it, as it happens to fold them.
    if x.ndim and y.ndim and x.shape[-1] == y.shape[max(-2, -y.ndim)]:
        return (x + 0) @ (y + 0)
    if x.ndim and y.ndim > 1 and x.shape[-1] == y.shape[-1]:
        return (x + 0) @ (y.mT + 0)
    return x.reshape(-1) @ x.reshape(-1)


@instruction
def along(machine: Machine, x: Any, y: Any, p: int, q: int) -> Any:
    dim = dim_of(x, q)
    # Among equals any may be chosen: here there are none.
    steps = machine.lib.arange(x.numel(), dtype=x.dtype).reshape(x.shape) * 1e-3
    forms = [
        lambda: x.softmax(dim),
        lambda: x.log_softmax(dim),
        lambda: x.cumsum(dim),
        lambda: x.cumprod(dim),
        lambda: x.flip(dim),
        lambda: x.roll(1, dim),
        lambda: x.sort(dim)[0],
        lambda: x.sort(dim=dim, descending=True, stable=True)[0],
        lambda: x.max(dim)[0],
        lambda: x.min(dim)[0],
        lambda: (x + steps).topk(1, dim)[0],
        lambda: (x + steps).median(dim)[0],
        lambda: (x + steps).kthvalue(1, dim)[0],
        lambda: x.repeat_interleave(2, dim),
    ]
    return forms[p % len(forms)]()


@instruction
def join(machine: Machine, x: Any, y: Any, p: int, q: int) -> Any:
    others = [each for each in machine.tensors if each.shape == x.shape][: 1 + q % 3]
    dim = dim_of(x, p)
    return machine.lib.stack([x, *others], dim) if q % 2 or not x.ndim else machine.lib.cat([x, *others], dim)


@instruction
def choose(machine: Machine, x: Any, y: Any, p: int, q: int) -> Any:
    if not x.numel():
        return None
    lib, dim = machine.lib, dim_of(x, q)
    spots = positions(lib, position(x, dim, q) % max(1, x.shape[dim] if x.ndim else 1), 0)
    forms = [
        lambda: x[x > 0],
        lambda: x.index_select(dim, spots),
        lambda: x[spots],
        lambda: x[..., spots],
        lambda: x[[0, -1]],
        lambda: x.masked_fill(x > 0.5, 0.25),
        lambda: x.gather(dim, (x.detach() > 1e9).long() * 0),
        lambda: x.scatter(dim, (x.detach() > 1e9).long() * 0, x),
        lambda: x.scatter_add(dim, (x.detach() > 1e9).long() * 0, x * 2),
        lambda: x.take(spots),
        lambda: x.masked_select(x < 0),
        lambda: x.tril(q % 3 - 1),
        lambda: x.diag(),
        lambda: x.index_add(dim, spots, x.index_select(dim, spots)),
        lambda: x.index_put((spots,), x[spots] * 2, accumulate=True),
    ]
    return forms[p % len(forms)]()


@instruction
def view(machine: Machine, x: Any, y: Any, p: int, q: int) -> Any:
    if hidden(machine, x):
        return None
    dim, other = dim_of(x, q), dim_of(x, q // 3)
    spot = position(x, dim, p + q)
    forms = [
        lambda: x.transpose(dim, other),
        lambda: x[1:],
        lambda: x[:, :1],
        lambda: x[::2],
        lambda: x[spot] if q % 2 else x[..., spot],
        lambda: x[None],
        lambda: x[...],
        lambda: x.reshape(-1),
        lambda: x.view(-1),
        lambda: x.expand(2, *x.shape),
        lambda: x.unsqueeze(dim),
        lambda: x.squeeze(),
        lambda: x.squeeze(dim),
        lambda: x.select(dim, spot),
        lambda: x.narrow(dim, 0, 1),
        lambda: x.diagonal(),
        lambda: x.mT if x.ndim > 1 else x.t(),
        lambda: x.movedim(dim, other),
        lambda: x.flatten(),
        lambda: x.unfold(dim, 1 + q % 2, 2),
        lambda: x.view_as(y),
        lambda: x.reshape_as(y),
        lambda: x.contiguous(),
        lambda: x.reshape(x.shape),
        lambda: x.expand_as(x),
        lambda: x.squeeze(0).unsqueeze(0),
        lambda: x.view(x.dtype) if False else x.ravel(),
    ]
    return forms[p % len(forms)]()


@instruction
def views(machine: Machine, x: Any, y: Any, p: int, q: int) -> Any:
    if hidden(machine, x):
        return None
    dim = dim_of(x, q)
    forms = [
        lambda: x.unbind(dim),
        lambda: x.split(1, dim),
        lambda: x.split(2, dim),
        lambda: x.chunk(2, dim),
        lambda: x.tensor_split(2, dim),
        lambda: x.split([1, x.shape[dim] - 1], dim),
    ]
    return forms[p % len(forms)]()
