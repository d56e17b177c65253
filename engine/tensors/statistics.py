"""Tensor's quantiles, histograms, covariances and distances."""

from __future__ import annotations

from typing import Any

from engine.autograd.tensor_base import TensorBase
from engine.ops.reductions import distances, histogram, integration, norm, quantile, statistics


class Statistics(TensorBase):
    """Tensor's quantiles, histograms, covariances and distances."""

    __slots__ = ()

    def quantile(self, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear") -> Any:
        """The values below which shares `q` of the elements lie (torch.quantile)."""
        return quantile.quantile(self, q, dim, keepdim, interpolation=interpolation)

    def nanquantile(
        self, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
    ) -> Any:
        """The quantiles of what is not NaN (torch.nanquantile)."""
        return quantile.nanquantile(self, q, dim, keepdim, interpolation=interpolation)

    def histc(self, bins: int = 100, min: float = 0, max: float = 0) -> Any:
        """How many elements fall into each of `bins` equal parts (torch.histc)."""
        return histogram.histc(self, bins, min, max)

    def histogram(self, bins: Any = 100, *, range: Any = None, weight: Any = None, density: bool = False) -> Any:
        """How many elements fall into each bin, and the bins' edges (torch.histogram)."""
        return histogram.histogram(self, bins, range=range, weight=weight, density=density)

    def cov(self, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
        """The covariances of variables, a row each (torch.cov)."""
        return statistics.cov(self, correction=correction, fweights=fweights, aweights=aweights)

    def corrcoef(self) -> Any:
        """The correlations of variables, a row each (torch.corrcoef)."""
        return statistics.corrcoef(self)

    def diff(self, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Any:
        """Later minus earlier neighbour along `dim` (torch.diff)."""
        return integration.diff(self, n, dim, prepend, append)

    def dist(self, other: Any, p: float = 2) -> Any:
        """The p-norm of the difference (torch.dist)."""
        return distances.dist(self, other, p)

    def renorm(self, p: float, dim: int, maxnorm: float) -> Any:
        """Slices along `dim` shortened to a norm of `maxnorm` (torch.renorm)."""
        return norm.renorm(self, p, dim, maxnorm)

    def renorm_(self, p: float, dim: int, maxnorm: float) -> Any:
        """Shorten slices along `dim` in place (torch.Tensor.renorm_)."""
        return self.mul_(norm.shortening(self.clone(), p, dim, maxnorm))  # type: ignore[attr-defined]
