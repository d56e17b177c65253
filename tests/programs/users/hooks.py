"""Hooks of tensors, modules and optimizers: features read, gradients changed, statistics kept."""

import numpy as np
import torch
from torch import nn

torch.set_default_dtype(torch.float64)


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, width))
        self.norm = nn.RMSNorm(width)

    def forward(self, x, scale=1.0):
        return self.norm(x + scale * self.inner(x))


def train(initial):
    rng = np.random.default_rng(11)
    model = nn.Sequential(Block(6), Block(6), nn.Linear(6, 1))
    model.load_state_dict(initial(model))
    features, norms, records = {}, [], []

    def keep(name):
        def hook(module, inputs, output):
            features[name] = output.detach().mean().item()

        return hook

    def halve(module, grad_input, grad_output):
        norms.append(grad_output[0].norm().item())
        return tuple(None if each is None else each / 2 for each in grad_input)

    def louder(module, args, kwargs):
        return args, {**kwargs, "scale": 2.0}

    handles = [block.register_forward_hook(keep(name)) for name, block in model.named_children()]
    handles.append(model[0].register_full_backward_hook(halve))
    handles.append(model[1].register_forward_pre_hook(louder, with_kwargs=True))
    model[2].weight.register_hook(lambda gradient: gradient.clamp(-0.5, 0.5))
    optimizer = torch.optim.RAdam(model.parameters(), lr=0.02)
    optimizer.register_step_post_hook(lambda *_: records.append(model[2].bias.item()))
    losses = []
    for step in range(20):
        x = torch.from_numpy(rng.normal(size=(8, 6))).requires_grad_()
        hidden = model[:2](x)
        hidden.retain_grad()
        hidden.register_hook(lambda gradient: gradient * 1.5)
        loss = nn.functional.smooth_l1_loss(model[2](hidden).squeeze(1), x.prod(dim=1))
        optimizer.zero_grad()
        loss.backward()
        losses += [loss.item(), hidden.grad.abs().sum().item()]
        optimizer.step()
        if step == 9:
            handles.pop().remove()
    return [*losses, *norms, *records, *(value for _, value in sorted(features.items()))]
