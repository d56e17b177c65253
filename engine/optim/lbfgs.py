"""L-BFGS: steps along an estimate of Newton's direction, from the last changes of gradient and parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from engine.autograd.modes import enable_grad, host_read
from engine.autograd.tensor_base import TensorBase, wrap
from engine.backend.namespace import using, xp
from engine.optim.hyperparameters import demand_rate
from engine.optim.line_search import Trial, strong_wolfe
from engine.optim.optimizer import Closure, Optimizer, Parameters


class LBFGS(Optimizer):
    """L-BFGS (torch.optim.LBFGS): each step iterates up to `max_iter` times, each time calling the closure again.

    A step goes lr along the direction, or, with `line_search_fn="strong_wolfe"`, as far as that finds best, and ends
    where no gradient is above `tolerance_grad`, loss and parameters change by less than `tolerance_change`, or
    `max_eval` (1.25 max_iter) evaluations are used up. Raises ValueError for several groups, TypeError for complex
    parameters, RuntimeError for another line search. Nocedal and Wright, "Numerical optimization", 2006, algorithm 7.5.
    """

    def __init__(
        self,
        params: Parameters,
        lr: Any = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        demand_rate(lr)
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        for position, tensor in enumerate(self._members):
            if tensor.dtype.is_complex:
                raise TypeError(f"LBFGS does not support complex parameters: parameter {position} is {tensor.dtype}")

    @property
    def _members(self) -> list[Any]:
        return self.param_groups[0]["params"]

    def step(self, closure: Closure) -> Any:  # type: ignore[override]
        """Iterate; returns what the first call of `closure`, which recomputes loss and gradients, returned."""
        host_read("an optimizer step")
        with using(self._members[0].device), np.errstate(all="ignore"):
            return self._iterate(enable_grad()(closure))

    def _iterate(self, closure: Closure) -> Any:
        group = self.param_groups[0]
        lr, most = float(group["lr"]), group["max_iter"]
        # As in PyTorch all state is the first parameter's, whose type a load gives to it.
        state = self.state[self._members[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first_loss = closure()
        loss, gradient = float(first_loss), self._gradient()
        state["func_evals"] += 1
        evaluated = 1
        if largest(gradient) <= group["tolerance_grad"] or most < 1:
            return first_loss
        history = History(state)
        for iteration in range(1, most + 1):
            state["n_iter"] += 1
            if state["n_iter"] == 1:
                history.begin(gradient)
                rate = min(1.0, 1.0 / float(abs(gradient).sum())) * lr
            else:
                history.remember(gradient, group["history_size"])
                rate = lr
            history.before, before = gradient, loss
            direction, history.rate = history.direction, rate
            slope = float(gradient.dot(direction))
            if slope > -group["tolerance_change"]:
                break
            start = Trial(0.0, loss, gradient, slope)
            if group["line_search_fn"] is not None:
                found, calls = self._search(closure, start, direction, rate, group["max_eval"] - evaluated)
            else:
                found, calls = self._go(closure, start, direction, rate, look=iteration < most)
            loss, gradient, history.rate = found.value, found.gradient, found.at
            evaluated += calls
            state["func_evals"] += calls
            if (
                evaluated >= group["max_eval"]
                or largest(gradient) <= group["tolerance_grad"]
                or largest(direction * history.rate) <= group["tolerance_change"]
                or abs(loss - before) < group["tolerance_change"]
            ):
                break
        history.store(state, self._members[0].result_class)
        state["prev_loss"] = before
        return first_loss

    def _search(self, closure: Closure, start: Trial, direction: Any, rate: float, most: int) -> tuple[Trial, int]:
        """Move to where the line search finds best; that point, and how often the closure was called."""
        group = self.param_groups[0]
        if group["line_search_fn"] != "strong_wolfe":
            raise RuntimeError(f"only 'strong_wolfe' is supported, got {group['line_search_fn']!r}")
        origin = [tensor.array.copy() for tensor in self._members]

        def evaluate(at: float) -> Trial:
            self._move(at, direction)
            value, gradient = float(closure()), self._gradient()
            for tensor, array in zip(self._members, origin, strict=True):
                write(tensor, array)
            return Trial(at, value, gradient, float(gradient.dot(direction)))

        found, calls = strong_wolfe(evaluate, start, rate, longest=largest(direction), most=most)
        self._move(found.at, direction)
        return found, calls

    def _go(self, closure: Closure, start: Trial, direction: Any, rate: float, look: bool) -> tuple[Trial, int]:
        """Move as far as the rate says; that point, unseen unless `look`, and how often the closure was called."""
        self._move(rate, direction)
        if not look:
            return start._replace(at=rate), 0
        value, gradient = float(closure()), self._gradient()
        return Trial(rate, value, gradient, float(gradient.dot(direction))), 1

    def _gradient(self) -> Any:
        """All gradients in one array, zeros where there is none."""
        return flattened(
            xp(tensor.array).zeros_like(tensor.array) if tensor.gradient is None else tensor.gradient.array
            for tensor in self._members
        )

    def _move(self, rate: float, direction: Any) -> None:
        end = 0
        for tensor in self._members:
            begin, end = end, end + tensor.array.size
            write(tensor, tensor.array + rate * direction[begin:end].reshape(tensor.shape))


class History:
    """The last changes of the gradient (y) and of the parameters (s), and the direction that they give."""

    def __init__(self, state: dict[str, Any]) -> None:
        self.changes = [each.array for each in state.get("old_dirs") or ()]
        self.steps = [each.array for each in state.get("old_stps") or ()]
        self.weights = [number(each) for each in state.get("ro") or ()]
        self.scale = number(state.get("H_diag", 1))
        self.rate = float(number(state.get("t", 0)))
        self.direction: Any = state["d"].array if "d" in state else None
        self.before: Any = state["prev_flat_grad"].array if "prev_flat_grad" in state else None

    def begin(self, gradient: Any) -> None:
        """Forget all; the direction is straight down."""
        self.changes, self.steps, self.weights, self.scale = [], [], [], 1
        self.direction = -gradient

    def remember(self, gradient: Any, size: int) -> None:
        """Take in the step from `before`, the oldest going where there are more than `size`; point anew."""
        change, step = gradient - self.before, self.direction * self.rate
        product = change.dot(step)
        if product > 1e-10:
            self.changes, self.steps = [*self.changes, change][-size:], [*self.steps, step][-size:]
            self.weights = [*self.weights, 1.0 / product][-size:]
            self.scale = product / change.dot(change)
        self.direction = self._pointed(gradient)

    def _pointed(self, gradient: Any) -> Any:
        """−H∇, with H the estimate of the inverse Hessian: two loops over the history."""
        kept = list(zip(self.changes, self.steps, self.weights, strict=True))
        direction, shares = -gradient, []
        for change, step, weight in reversed(kept):
            shares.append(step.dot(direction) * weight)
            direction -= shares[-1] * change
        direction = direction * self.scale
        for (change, step, weight), share in zip(kept, reversed(shares), strict=True):
            direction += (share - change.dot(direction) * weight) * step
        return direction

    def store(self, state: dict[str, Any], family: type[TensorBase]) -> None:
        """Put all into a state dict, under PyTorch's names."""

        def tensor(value: Any) -> Any:
            return wrap(family, xp(value).asarray(value))

        state["d"] = tensor(self.direction)
        state["t"] = self.rate
        state["old_dirs"] = [tensor(change) for change in self.changes]
        state["old_stps"] = [tensor(step) for step in self.steps]
        state["ro"] = [tensor(weight) for weight in self.weights]
        state["H_diag"] = self.scale if isinstance(self.scale, int) else tensor(self.scale)
        state["prev_flat_grad"] = tensor(self.before)


def largest(array: Any) -> float:
    """The largest absolute value."""
    return float(abs(array).max())


def number(value: Any) -> Any:
    """The one element of a tensor, or the number itself."""
    return value.array[()] if isinstance(value, TensorBase) else value


def flattened(arrays: Iterable[Any]) -> Any:
    """All elements in one array."""
    parts = [array.reshape(-1) for array in arrays]
    return xp(parts[0]).concatenate(parts)


def write(tensor: Any, array: Any) -> None:
    """Give a parameter new values, and its memory a new version."""
    tensor.array[...] = array
    tensor.storage.version += 1
