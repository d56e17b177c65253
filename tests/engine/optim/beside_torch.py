"""Twins of an optimizer, ours and PyTorch's, over equal parameters in two groups, with equal gradients."""

from typing import Any

import numpy as np
import torch

from engine import optim
from engine.creation import tensor

SHAPES = ((4, 3), (3,), (), (2, 2, 2))
STEPS = 10
# Which parameter has no gradient at which step.
SKIPPED = {2: 1, 5: 0, 6: 3}
TOLERANCE = {"float64": 1e-11, "float32": 2e-5}


class Twins:
    """Both optimizers with their parameters, the second group with a rate of its own."""

    def __init__(
        self, kind: str, arguments: dict[str, Any], dtype: str = "float64", shapes: tuple[tuple[int, ...], ...] = SHAPES
    ) -> None:
        random = np.random.default_rng(7)
        values = [random.normal(size=shape).astype(dtype) for shape in shapes]
        self.kind, self.arguments, self.dtype, self.shapes = kind, {"lr": 0.05} | arguments, dtype, shapes
        self.ours = [tensor(value, requires_grad=True) for value in values]
        self.theirs = [torch.tensor(value, requires_grad=True) for value in values]
        self.remake_mine()
        self.remake_other()

    def remake_mine(self) -> None:
        """An optimizer of ours that knows nothing yet."""
        self.mine: Any = getattr(optim, self.kind)(groups(self.ours), **self.arguments)

    def remake_other(self) -> None:
        """An optimizer of PyTorch's that knows nothing yet."""
        self.other: Any = getattr(torch.optim, self.kind)(groups(self.theirs), **self.arguments)

    def gradients(self, step: int) -> list[np.ndarray | None]:
        """The gradients of a step, None for a parameter that is skipped."""
        random = np.random.default_rng(100 + step)
        drawn = [random.normal(size=shape).astype(self.dtype) for shape in self.shapes]
        return [None if SKIPPED.get(step) == number else gradient for number, gradient in enumerate(drawn)]

    def step_mine(self, step: int) -> None:
        """One step of ours."""
        for member, gradient in zip(self.ours, self.gradients(step), strict=True):
            member.grad = None if gradient is None else tensor(gradient)
        self.mine.step()

    def step_other(self, step: int) -> None:
        """One step of PyTorch's."""
        for member, gradient in zip(self.theirs, self.gradients(step), strict=True):
            member.grad = None if gradient is None else torch.tensor(gradient)
        self.other.step()

    def check(self, tolerance: float | None = None) -> None:
        """The parameters are equal."""
        limit = TOLERANCE[self.dtype] if tolerance is None else tolerance
        for mine, other in zip(self.ours, self.theirs, strict=True):
            np.testing.assert_allclose(mine.array, other.detach().numpy(), rtol=limit, atol=limit)

    def run(self, steps: range, tolerance: float | None = None) -> None:
        """Steps of both, equal after each."""
        for step in steps:
            self.step_mine(step)
            self.step_other(step)
            self.check(tolerance)


def groups(members: list[Any]) -> list[dict[str, Any]]:
    """Two halves, the second with a rate of its own."""
    middle = len(members) // 2
    return [{"params": members[:middle]}, {"params": members[middle:], "lr": 0.02}]


def as_torch(value: Any) -> Any:
    """A state dict of ours with PyTorch's tensors."""
    if hasattr(value, "array"):
        return torch.tensor(value.array)
    if isinstance(value, dict):
        return {key: as_torch(each) for key, each in value.items()}
    return [as_torch(each) for each in value] if isinstance(value, list) else value
