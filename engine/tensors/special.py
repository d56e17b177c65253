"""Tensor's special functions: gamma, Bessel, log-odds and the like."""

from __future__ import annotations

from typing import Any

from engine.autograd.in_place import in_place
from engine.autograd.tensor_base import TensorBase
from engine.ops.elementwise import angles, bessel, entropy, exponential, gamma
from engine.tensors.forms import both_forms, composed_forms, method

_derived_digamma_ = in_place(gamma.derived_digamma)


class Special(TensorBase):
    """Tensor's special functions."""

    __slots__ = ()

    lgamma, lgamma_ = both_forms(gamma.lgamma)
    digamma, digamma_ = both_forms(gamma.digamma)
    igamma, igamma_ = both_forms(gamma.igamma)
    igammac, igammac_ = both_forms(gamma.igammac)
    mvlgamma, mvlgamma_ = composed_forms(gamma.mvlgamma)

    def polygamma(self, n: int) -> Any:
        """The n-th derivative of digamma (torch.Tensor.polygamma)."""
        return gamma.derived_digamma(self, n)

    def polygamma_(self, n: int) -> Any:
        """The n-th derivative of digamma, written here (torch.Tensor.polygamma_)."""
        return _derived_digamma_(self, n)

    i0, i0_ = both_forms(bessel.i0)
    sinc, sinc_ = both_forms(angles.sinc)
    xlogy, xlogy_ = both_forms(entropy.xlogy)
    logit, logit_ = both_forms(entropy.logit)
    logaddexp2 = method(exponential.logaddexp2)
