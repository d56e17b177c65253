"""The sides that are compared: a library and the help that it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Side:
    """`compiles` is what the library's compiler gets; `tuned` means a fused optimizer and channels-last images."""

    title: str
    library: Literal["engine", "torch", "jax"]
    compiles: Literal["step", "forward", "nothing"] = "nothing"
    tuned: bool = False

    @property
    def ours(self) -> bool:
        """Whether it is the engine, and no peer."""
        return self.library == "engine"


EAGER, COMPILED = "ours", "ours_compiled"
PYTORCH = "torch"

SIDES = {
    EAGER: Side("ours, eager", "engine"),
    COMPILED: Side("ours, compiled", "engine", compiles="step"),
    PYTORCH: Side("PyTorch", "torch"),
    "torch_tuned": Side("PyTorch, tuned", "torch", tuned=True),
    "torch_compile": Side("torch.compile", "torch", compiles="step"),
    "torch_compile_tuned": Side("torch.compile, tuned", "torch", compiles="forward", tuned=True),
    "jax": Side("JAX jit", "jax", compiles="step"),
}
