"""The running statistics of batch normalisation, taken anew for averaged weights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.autograd.modes import no_grad
from engine.nn.layers.batch_norm import BatchNorm
from engine.nn.module import Module


@no_grad()
def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Set running means and variances to those over all of `loader` (torch.optim.swa_utils.update_bn).

    A batch is the model's input, or a tuple or list that begins with it; it goes to `device` where one is given. The
    model keeps its mode; without batch normalisation in it nothing is read.
    """
    layers = {module: module.momentum for module in model.modules() if isinstance(module, BatchNorm)}
    if not layers:
        return
    was_training = model.training
    model.train()
    for layer in layers:
        layer.reset_running_stats()
        # Without momentum each batch weighs the same.
        layer.momentum = None
    for batch in loader:
        input = batch[0] if isinstance(batch, list | tuple) else batch
        model(input if device is None else input.to(device))
    for layer, momentum in layers.items():
        layer.momentum = momentum
    model.train(was_training)
