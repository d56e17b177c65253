"""How near results must lie: a rule for each dtype, and the few functions that PyTorch computes less exactly."""

from typing import NamedTuple


class Tolerance(NamedTuple):
    """How far two numbers may lie apart: `relative` of the number, and `absolute` of the largest one (at least 1)."""

    relative: float
    absolute: float

    def widened(self, error: float) -> "Tolerance":
        """The tolerance where so much may be added to the absolute one."""
        return Tolerance(self.relative, self.absolute + error)


EXACT = Tolerance(0, 0)
TOLERANCES = {
    "float64": Tolerance(1e-9, 1e-9),
    "complex128": Tolerance(1e-9, 1e-9),
    "float32": Tolerance(1e-4, 1e-5),
    "complex64": Tolerance(1e-4, 1e-5),
    "float16": Tolerance(1e-2, 1e-3),
    "bfloat16": Tolerance(2e-2, 1e-2),
}
# In float64 PyTorch is this far from SciPy, as test_tolerances.py shows.
INEXACT_IN_PYTORCH = {
    "special.airy_ai": 1e-5,
    "special.bessel_j0": 1e-6,
    "special.bessel_j1": 1e-6,
    "special.bessel_y0": 1e-6,
    "special.bessel_y1": 1e-6,
}


def tolerances_of(name: str) -> dict[str, Tolerance]:
    """The tolerance of each dtype for the function of this name."""
    error = INEXACT_IN_PYTORCH.get(name)
    return TOLERANCES if error is None else {**TOLERANCES, "float64": Tolerance(error, error)}
