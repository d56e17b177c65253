"""Weight normalisation: a weight's lengths and directions learned apart."""

from __future__ import annotations

from typing import Any

from engine.nn.module import Module
from engine.nn.utils.parametrize import AnyModule, register_parametrization
from engine.nn.utils.weight_length import norm_except_dim, of_length


class _WeightNorm(Module):
    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Any, weight_v: Any) -> Any:
        return of_length(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Any) -> tuple[Any, Any]:
        return norm_except_dim(weight, 2, self.dim), weight


def weight_norm(module: AnyModule, name: str = "weight", dim: int | None = 0) -> AnyModule:
    """Compute a weight as g v / ‖v‖, one length g for each slice along `dim`, or one for all for None.

    The state dict holds g as `parametrizations.weight.original0` and v as `original1`; that of the old `weight_norm`,
    `weight_g` and `weight_v`, loads too. Source: Salimans and Kingma, "Weight normalization", 2016.
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def rename_old_keys(module: Any, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        old = [f"{prefix}{name}_{part}" for part in "gv"]
        if all(key in state_dict for key in old):
            for position, key in enumerate(old):
                state_dict[f"{prefix}parametrizations.{name}.original{position}"] = state_dict.pop(key)

    module.register_load_state_dict_pre_hook(rename_old_keys)
    return module
