"""Tensor's random numbers, drawn in place or by its own probabilities."""

from __future__ import annotations

from typing import Any

from engine.autograd.in_place import in_place
from engine.autograd.tensor_base import TensorBase
from engine.ops.randomness import chance as ops
from engine.tensors.generator import Generator, default_generator

_uniform_, _normal_, _exponential_ = in_place(ops.uniform), in_place(ops.normal), in_place(ops.exponential)
_integers_, _log_normal_, _cauchy_ = in_place(ops.integers), in_place(ops.log_normal), in_place(ops.cauchy)
_geometric_ = in_place(ops.geometric)


class Chance(TensorBase):
    """Tensor's random numbers, drawn in place or by its own probabilities."""

    __slots__ = ()

    def uniform_(self, from_: float = 0.0, to: float = 1.0, *, generator: Generator | None = None) -> Any:
        """Uniform numbers in [from, to) written here (torch.Tensor.uniform_)."""
        _refuse_whole("uniform_", self.dtype, NotImplementedError)
        if not to >= from_:
            raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={from_} > to={to}")
        return _uniform_(self, from_, to, _next_draw(generator))

    def normal_(self, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Any:
        """Normal numbers written here (torch.Tensor.normal_)."""
        _refuse_whole("normal_", self.dtype, NotImplementedError)
        if not std >= 0:
            raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")
        return _normal_(self, mean, std, _next_draw(generator))

    def exponential_(self, lambd: float = 1.0, *, generator: Generator | None = None) -> Any:
        """Exponential numbers written here (torch.Tensor.exponential_)."""
        _refuse_whole("exponential_", self.dtype, RuntimeError)
        if not lambd > 0:
            raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd}")
        return _exponential_(self, lambd, _next_draw(generator))

    def log_normal_(self, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None) -> Any:
        """Numbers whose logarithms are normal written here (torch.Tensor.log_normal_)."""
        _refuse_whole("log_normal_", self.dtype, NotImplementedError)
        if not std > 0:
            raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std}")
        return _log_normal_(self, mean, std, _next_draw(generator))

    def cauchy_(self, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None) -> Any:
        """Numbers of Cauchy's distribution written here (torch.Tensor.cauchy_)."""
        _refuse_whole("cauchy_", self.dtype, RuntimeError)
        if not sigma > 0:
            raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma}")
        return _cauchy_(self, median, sigma, _next_draw(generator))

    def geometric_(self, p: float, *, generator: Generator | None = None) -> Any:
        """How many trials of chance p it takes to succeed written here (torch.Tensor.geometric_)."""
        if not 0 < p < 1:
            raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p}")
        return _geometric_(self, p, _next_draw(generator))

    def random_(self, from_: int = 0, to: int | None = None, *, generator: Generator | None = None) -> Any:
        """Whole numbers in [from, to) written here; by default all that the type holds exactly (Tensor.random_)."""
        if to is None:
            low, high = (0, from_) if from_ else (0, _most(self.dtype))
        else:
            low, high = from_, to
            if not low < high:
                raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
        return _integers_(self, low, high, _next_draw(generator))

    def bernoulli_(self, p: Any = 0.5, *, generator: Generator | None = None) -> Any:
        """Ones with probability p, else zeros, written here (torch.Tensor.bernoulli_)."""
        if not isinstance(p, TensorBase) and not 0 <= p <= 1:
            raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p}")
        chances: Any = p if isinstance(p, TensorBase) else self.new_full(self.shape, p, dtype="float64")  # type: ignore[attr-defined]
        return self.copy_(ops.bernoulli(chances.expand(self.shape), _next_draw(generator)))  # type: ignore[attr-defined]

    def bernoulli(self, p: Any = None, *, generator: Generator | None = None) -> Any:
        """Ones with the probabilities held here, or all with p, else zeros (torch.bernoulli)."""
        chances = self if p is None else self.new_full(self.shape, p)  # type: ignore[attr-defined]
        return ops.bernoulli(chances, _next_draw(generator))

    def multinomial(self, num_samples: int, replacement: bool = False, *, generator: Generator | None = None) -> Any:
        """Positions drawn by the weights in each row (torch.multinomial)."""
        return ops.multinomial(self, num_samples, replacement, _next_draw(generator))


def _refuse_whole(name: str, kind: Any, refusal: type[Exception]) -> None:
    if not kind.is_floating_point:
        raise refusal(f"{name} draws from a continuous distribution, whose numbers don't fit {kind}")


def _next_draw(generator: Generator | None) -> Any:
    return (generator or default_generator).draw()


def _most(kind: Any) -> int:
    """One more than the highest whole number that random_ writes into a type."""
    bits = {"float16": 11, "float32": 24, "float64": 53, "bool": 1, "uint8": 8}
    return 2 ** bits[kind.name] + (kind.is_floating_point) if kind.name in bits else 2 ** (8 * kind.itemsize - 1)
