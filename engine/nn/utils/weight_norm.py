"""Weight normalisation by a hook, as PyTorch had it first; `parametrizations.weight_norm` is the newer way."""

from __future__ import annotations

import warnings
from typing import Any

from engine.nn.parameter import Parameter, UninitializedTensor
from engine.nn.utils.weight_hooks import AnyModule, add_hook, take_hook
from engine.nn.utils.weight_length import norm_except_dim, of_length


class WeightNorm:
    """Computes `name` as g v / ‖v‖ from `name_g` and `name_v` before each forward."""

    function_name = "weight_norm"

    def __init__(self, name: str, dim: int | None) -> None:
        self.name = name
        self.dim = -1 if dim is None else dim

    def compute_weight(self, module: Any) -> Any:
        """The weight of the module's present lengths and directions."""
        return of_length(getattr(module, f"{self.name}_v"), getattr(module, f"{self.name}_g"), self.dim)

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module))


def weight_norm(module: AnyModule, name: str = "weight", dim: int | None = 0) -> AnyModule:
    """Replace a weight by its lengths `weight_g` and directions `weight_v`; deprecated as in PyTorch.

    One length for each slice along `dim`, or one for all for None (torch.nn.utils.weight_norm).
    """
    warnings.warn(
        "nn.utils.weight_norm is deprecated in favor of nn.utils.parametrizations.weight_norm.",
        FutureWarning,
        stacklevel=2,
    )
    hook = WeightNorm(name, dim)
    weight = getattr(module, name)
    if isinstance(weight, UninitializedTensor):
        raise ValueError(
            f"The module passed to weight_norm can't have uninitialized parameters, but {name} is one: run a forward "
            "with an example before."
        )
    add_hook(module, hook)
    lengths = norm_except_dim(weight, 2, hook.dim).detach()
    delattr(module, name)
    module.register_parameter(f"{name}_g", Parameter(lengths))
    module.register_parameter(f"{name}_v", Parameter(weight))
    setattr(module, name, hook.compute_weight(module))
    return module


def remove_weight_norm(module: AnyModule, name: str = "weight") -> AnyModule:
    """Make the weight a parameter again; raises ValueError if it was not normalised here."""
    hook = take_hook(module, WeightNorm, name)
    weight = hook.compute_weight(module).detach()
    for each in (name, f"{name}_g", f"{name}_v"):
        delattr(module, each)
    module.register_parameter(name, Parameter(weight))
    return module
