"""Functions of one's own with save_for_backward and double backward, in a model with parameters of its own kind."""

import math

import numpy as np
import torch
from torch import nn
from torch.autograd import Function

torch.set_default_dtype(torch.float64)


class ScaledSwish(Function):
    @staticmethod
    def forward(ctx, x, beta):
        gate = torch.sigmoid(beta * x)
        ctx.save_for_backward(x, beta, gate)
        return x * gate

    @staticmethod
    def backward(ctx, grad_output):
        x, beta, gate = ctx.saved_tensors
        slope = gate * (1 - gate)
        grad_x = grad_output * (gate + beta * x * slope) if ctx.needs_input_grad[0] else None
        grad_beta = (grad_output * x * x * slope).sum() if ctx.needs_input_grad[1] else None
        return grad_x, grad_beta


class StraightThrough(Function):
    @staticmethod
    def forward(ctx, x, levels):
        ctx.levels = levels
        ctx.mark_non_differentiable(rounded := torch.round(x * levels))
        return rounded / levels, rounded

    @staticmethod
    def backward(ctx, grad_output, _):
        return grad_output.clamp(-1.0, 1.0), None


class Swish(nn.Module):
    def __init__(self):
        super().__init__()
        self.beta = nn.Parameter(torch.ones(()))
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))

    def forward(self, x):
        self.calls += 1
        return ScaledSwish.apply(x, self.beta)

    def extra_repr(self):
        return f"beta={self.beta.item():.3f}"


def train(initial):
    rng = np.random.default_rng(7)
    model = nn.Sequential(nn.Linear(4, 9), Swish(), nn.Linear(9, 2))
    model.load_state_dict(initial(model))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-4)
    losses = []
    for _ in range(20):
        x = torch.tensor(rng.normal(size=(12, 4)), requires_grad=True)
        target = torch.stack([x.detach().sum(1), x.detach().pow(2).mean(1) * math.pi], dim=1)
        quantised, levels = StraightThrough.apply(model(x), 16)
        fit = torch.nn.functional.huber_loss(quantised, target, delta=0.7)
        (slope,) = torch.autograd.grad(fit, x, create_graph=True)
        loss = fit + 0.1 * slope.square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses += [loss.item(), levels.abs().max().item(), model[1].beta.item()]
    return [*losses, int(model[1].calls)]
