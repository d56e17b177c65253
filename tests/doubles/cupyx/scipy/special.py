"""Special functions on device arrays: those that both SciPy and CuPy have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import scipy.special
from cupy._memory import launched

FUNCTIONS = """
bdtr bdtrc bdtri beta betainc betaincinv betaln binom boxcox boxcox1p cbrt chdtr chdtrc chdtri cosdg cosm1 cotdg digamma
ellipk ellipkm1 entr erf erfc erfcinv erfcx erfinv exp1 exp10 exp2 expi expit expm1 expn exprel fdtr fdtrc fdtri gamma
gammainc gammaincc gammainccinv gammaincinv gammaln gammasgn gdtr gdtrc huber i0 i0e i1 i1e inv_boxcox inv_boxcox1p j0
j1 k0 k0e k1 k1e kl_div log1p log_expit log_ndtr log_softmax loggamma logit logsumexp lpmv multigammaln nbdtr nbdtrc
nbdtri ndtr ndtri pdtr pdtrc pdtri poch polygamma pseudo_huber psi radian rel_entr rgamma shichi sici sinc sindg softmax
tandg xlog1py xlogy y0 y1 yn zeta zetac
"""


def _lifted(name: str) -> Callable[..., Any]:
    def call(*args: Any, **keywords: Any) -> Any:
        return launched(getattr(scipy.special, name), args, keywords)

    call.__name__ = name
    return call


globals().update({name: _lifted(name) for name in FUNCTIONS.split()})
