"""Fine-tuning: a body frozen and thawed, a new head, two learning rates, moving averages, early weights kept."""

import copy

import numpy as np
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

torch.set_default_dtype(torch.float64)


class Residual(nn.Module):
    def __init__(self, channels, stride=1):
        super().__init__()
        self.first = nn.Conv1d(channels, channels, 3, stride, padding=1, bias=False)
        self.norm = nn.BatchNorm1d(channels)
        self.second = nn.Conv1d(channels, channels, 3, padding=2, dilation=2)
        self.shortcut = nn.AvgPool1d(stride, ceil_mode=True) if stride > 1 else nn.Identity()

    def forward(self, x):
        return torch.relu(self.second(torch.relu(self.norm(self.first(x)))) + self.shortcut(x))


def body():
    return nn.Sequential(nn.Conv1d(2, 6, 5, padding=2), Residual(6), Residual(6, stride=2), nn.AdaptiveMaxPool1d(1))


def train(initial):
    rng = np.random.default_rng(17)
    model = nn.Sequential()
    model.add_module("body", body())
    model.add_module("flatten", nn.Flatten())
    model.add_module("head", nn.Linear(6, 7))
    state = initial(model)
    missing = model.load_state_dict({k: v for k, v in state.items() if not k.startswith("head")}, strict=False)
    assert sorted(missing.missing_keys) == ["head.bias", "head.weight"]
    model.head = nn.Linear(6, 3)
    model.head.load_state_dict({"weight": state["head.weight"][:3], "bias": state["head.bias"][:3]})
    model.body.requires_grad_(False)
    groups = [{"params": model.body.parameters(), "lr": 1e-3}, {"params": model.head.parameters()}]
    optimizer = torch.optim.Adam(groups, lr=1e-2, amsgrad=True)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    before = copy.deepcopy(model.state_dict())
    losses = []
    for step in range(20):
        if step == 8:
            for name, parameter in model.named_parameters():
                parameter.requires_grad = not name.startswith("body.0")
        x = torch.from_numpy(rng.normal(size=(10, 2, 16)))
        target = (x[:, 0].mean(-1) > 0).long() + (x[:, 1].amax(-1) > 2).long()
        model.train()
        model.body[1].norm.eval()
        loss = nn.functional.cross_entropy(model(x), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        average.update_parameters(model)
        with torch.inference_mode():
            model.eval()
            average.eval()
            apart = (average(x) - model(x)).abs().max()
        losses += [loss.item(), apart.item()]
    after = model.state_dict()
    moved = {name: (after[name].double() - before[name].double()).abs().sum().item() for name in before}
    assert moved["body.0.weight"] == 0.0
    return [*losses, *(moved[name] for name in sorted(moved))]
