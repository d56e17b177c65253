"""AdamW: Adam whose weight decay doesn't pass through the means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.optim.adam import Adam
from engine.optim.optimizer import Parameters


class AdamW(Adam):
    """Adam with decoupled weight decay (torch.optim.AdamW); arguments as Adam's."""

    def __init__(
        self,
        params: Parameters,
        lr: Any = 1e-3,
        betas: tuple[Any, Any] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over a state dict; an Adam's continues with decoupled decay (torch.optim.AdamW)."""
        super().load_state_dict(state_dict)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True
