"""How variables vary together: covariances and correlations."""

from __future__ import annotations

from typing import Any

from engine.backend.dtype import BOOL, INTEGER, bool_
from engine.ops.layouts.windows import diagonal
from engine.ops.linear_algebra.matmul import mm


def _check_weights(name: str, weights: Any, observations: int) -> None:
    if weights.ndim > 1:
        raise RuntimeError(
            f"cov(): expected {name} to have one or fewer dimensions but got {name} with {weights.ndim} dimensions"
        )
    whole = weights.dtype.category == INTEGER
    if weights.dtype.category == BOOL or whole != (name == "fweights"):
        kind = "an integral" if name == "fweights" else "a floating point"
        raise RuntimeError(f"cov(): expected {name} to have {kind} dtype but got {name} with {weights.dtype} dtype")
    if weights.as_spec.size != observations:
        raise RuntimeError(
            f"cov(): expected {name} to have the same numel as there are observations in the input "
            f"but got {weights.as_spec.size} != {observations}"
        )
    if observations and bool(weights.min() < 0):
        raise RuntimeError(f"cov(): {name} cannot be negative")


def _rows_of_variables(name: str, input: Any) -> Any:
    if input.ndim > 2:
        raise RuntimeError(
            f"{name}(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions: "
            f"shape {list(input.shape)}"
        )
    if input.dtype is bool_:
        raise RuntimeError(f"{name}(): bool dtype is not supported for input")
    return input if input.ndim == 2 else input.reshape((1, -1))


def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """Σ w (x - mean)(x - mean)ᴴ / normaliser over observations, the columns; a variable a row (torch.cov).

    `fweights` says how often each observation came, `aweights` how much it counts; the normaliser is
    Σw - correction * Σ(w aweights) / Σw, or Σw - correction without `aweights`, and 0 where it would be negative.
    """
    variables = _rows_of_variables("cov", input)
    observations = variables.shape[1]
    weights = [each for each in (("fweights", fweights), ("aweights", aweights)) if each[1] is not None]
    for name, each in weights:
        _check_weights(name, each, observations)
    if not weights:
        centred = variables - variables.sum(1, True) / observations if observations else variables
        return (mm(centred, centred.t().conj()) / max(0, observations - correction)).squeeze()
    weight = weights[0][1] if len(weights) == 1 else fweights * aweights
    total = weight.sum()
    if bool(total == 0):
        raise RuntimeError("cov(): weights sum to zero, can't be normalized")
    centred = variables - (variables * weight).sum(1, True) / total
    lost = correction if aweights is None or correction == 0 else correction * (weight * aweights).sum() / total
    normaliser = (total - lost).clamp(min=0)
    return (mm(centred, (centred * weight).to(centred.dtype).t().conj()) / normaliser).squeeze()


def corrcoef(input: Any) -> Any:
    """Pearson's correlation of variables, a row each: their covariances over both deviations (torch.corrcoef)."""
    covariance = cov(_rows_of_variables("corrcoef", input))
    if not covariance.ndim:
        return covariance / covariance
    deviation = diagonal(covariance).sqrt()
    return covariance / deviation.unsqueeze(1) / deviation.unsqueeze(0)
