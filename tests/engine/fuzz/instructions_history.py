"""The instructions of random programs that write into tensors or change what gradients know of them."""

from __future__ import annotations

from typing import Any

from tests.engine.fuzz.instructions import dim_of, position
from tests.engine.fuzz.machine import Machine, instruction, positions

WRITTEN = [
    "sin_",
    "tanh_",
    "sigmoid_",
    "neg_",
    "abs_",
    "relu_",
    "square_",
    "exp_",
    "zero_",
    "floor_",
    "sqrt_",
    "reciprocal_",
]


@instruction
def write_alone(machine: Machine, x: Any, y: Any, p: int, q: int) -> Any:
    return getattr(x, WRITTEN[p % len(WRITTEN)])() if q % 4 else None


@instruction
def write_result(machine: Machine, x: Any, y: Any, p: int, q: int) -> None:
    getattr(x, WRITTEN[p % len(WRITTEN)])()


@instruction
def write_binary(machine: Machine, x: Any, y: Any, p: int, q: int) -> None:
    y = machine.apart(x, machine.mate(x, y, exact=bool(q % 5)))
    forms = [
        lambda: x.add_(y),
        lambda: x.mul_(y),
        lambda: x.sub_(y),
        lambda: x.copy_(y),
        lambda: x.div_(y * y + 1),
        lambda: x.add_(y, alpha=-2),
        lambda: x.lerp_(y.expand_as(x), 0.5),
        lambda: x.addcmul_(y, y),
        lambda: x.mul_(x),
        lambda: x.fill_(y.sum()),
        lambda: x.pow_(2),
        lambda: x.clamp_(-0.5, 0.5),
        lambda: x.add_(1),
        lambda: x.mul_(-2),
        lambda: x.fill_(0.5),
        lambda: x.addcdiv_(y, y * y + 1),
        lambda: x.__iadd__(y),
        lambda: x.__imul__(y),
        lambda: x.atan2_(y),
    ]
    forms[p % len(forms)]()


@instruction
def write_part(machine: Machine, x: Any, y: Any, p: int, q: int) -> None:
    if not x.numel():
        return
    dim = dim_of(x, q)
    spot = position(x, 0, q)
    spots = positions(machine.lib, spot % max(1, x.shape[0] if x.ndim else 1))
    part = y.sum() * 0.1

    def put(key: Any, value: Any) -> None:
        x[key] = machine.apart(x, value) if hasattr(value, "shape") else value

    forms = [
        lambda: put(spot, part),
        lambda: put(spot, x[spot - 1]),
        lambda: put(slice(1, None), part),
        lambda: put(..., part),
        lambda: put(x > 0, 0.0),
        lambda: put(x > 0, part),
        lambda: put(spots, part),
        lambda: put((..., slice(None, None, 2)), 1.5),
        lambda: x.masked_fill_(x < 0, 0.5),
        lambda: x.masked_fill_(x < 0, part),
        lambda: x.index_add_(dim, spots * 0, x.index_select(dim, spots * 0)),
        lambda: x.index_copy_(dim, spots * 0, x.index_select(dim, spots * 0) * 2),
        lambda: x.index_fill_(dim, spots * 0, 0.5),
        lambda: x.scatter_(dim, (x.detach() > 1e9).long() * 0, x * 2),
        lambda: x.scatter_add_(dim, (x.detach() > 1e9).long() * 0, x * 2),
        lambda: x.index_put_((spots,), part, accumulate=True),
        lambda: put((slice(None), 0), y),
        lambda: put(slice(None), y),
        lambda: put(0, y),
        lambda: put(x > 0, x[x > 0] * 2),
    ]
    forms[p % len(forms)]()


@instruction
def write_view(machine: Machine, x: Any, y: Any, p: int, q: int) -> None:
    dim = dim_of(x, q)
    part = y.mean() if q % 2 else 2
    forms = [
        lambda: x[1:].mul_(part),
        lambda: x.t().add_(part),
        lambda: x.view(-1)[::2].mul_(part),
        lambda: x.unsqueeze(dim).sin_(),
        lambda: x.select(dim, 0).copy_(x.select(dim, -1)),
        lambda: x.unbind(dim)[0].mul_(part),
        lambda: x.split(1, dim)[-1].zero_(),
        lambda: x.diagonal().mul_(part),
        lambda: x.detach().mul_(2),
        lambda: x.expand(2, *x.shape).mul_(part),
        lambda: x.reshape(-1).add_(part),
        lambda: x.transpose(dim, 0)[0].tanh_(),
        lambda: x.narrow(dim, 0, 1).neg_(),
    ]
    forms[p % len(forms)]()


@instruction
def history(machine: Machine, x: Any, y: Any, p: int, q: int) -> Any:
    forms = [
        lambda: x.detach(),
        lambda: x.clone(),
        lambda: x.detach().requires_grad_(),
        lambda: x.detach().clone(),
        lambda: x.clone().detach_().requires_grad_(),
    ]
    return forms[p % len(forms)]()


@instruction
def flag(machine: Machine, x: Any, y: Any, p: int, q: int) -> None:
    # PyTorch's views ask their bases whether they need gradients, ours know it since they were made; what was kept of
    # a leaf in PyTorch is the leaf itself, which may need gradients later.
    if not machine.alone(x):
        return
    if p % 5 == 0 and (x.requires_grad or not x.is_leaf):
        x.requires_grad_()
    elif p % 5 == 1:
        x.requires_grad = False
    elif p % 5 == 2 and (x.requires_grad or not x.is_leaf):
        x.requires_grad = True
    elif p % 5 == 3:
        x.detach_()
    elif x.requires_grad:
        x.retain_grad()


@instruction
def backward(machine: Machine, x: Any, y: Any, p: int, q: int) -> None:
    keep = [None, True][q % 2]
    if p % 4 == 0:
        (x * x).sum().backward(retain_graph=keep)
    elif p % 4 == 1:
        x.backward(machine.lib.ones_like(x), retain_graph=keep)
    elif p % 4 == 2:
        x.sum().backward(retain_graph=keep, inputs=[y])
    else:
        x.sum().backward(create_graph=True)


@instruction
def gradient_of(machine: Machine, x: Any, y: Any, p: int, q: int) -> Any:
    # PyTorch derives a view anew after any write, and then finds it in no graph.
    y = y if machine.alone(y) else x
    total = (x * x.detach()).sum() if p % 2 else x.sin().sum()
    found = machine.lib.autograd.grad(total, [y], create_graph=bool(q % 3), allow_unused=bool(p % 3))
    # A formula without x may have a history or none: the sum always has one.
    return None if found[0] is None else found[0] + 0 * y


@instruction
def stored_gradient(machine: Machine, x: Any, y: Any, p: int, q: int) -> Any:
    if p % 4 == 0:
        x.grad = None
        return None
    if p % 4 == 1 and x.grad is not None:
        x.grad.zero_()
        return None
    if p % 4 == 2 and x.grad is not None:
        x.detach().sub_(x.grad, alpha=0.1)
        return None
    return x.grad
