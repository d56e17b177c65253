"""Every op with fast kernels gives by each of them what its reference gives."""

from pathlib import Path

import numpy as np
import pytest

from engine.autograd.op import OPS
from engine.testing import ROWS
from engine.testing.kernels import check_kernels
from engine.testing.loading import load_rows
from engine.testing.plans import large_samples

load_rows(Path(__file__).parent)
WITH_KERNELS = sorted(name for name, op in OPS.items() if op.kernels)


@pytest.mark.parametrize("name", WITH_KERNELS)
def test_kernels_agree_with_the_reference(name: str) -> None:
    check_kernels(ROWS[name], np.random.default_rng(len(name)))


@pytest.mark.parametrize("name", WITH_KERNELS)
def test_large_samples_are_computed_by_each_kernel(name: str) -> None:
    taken = [kernel for row in ROWS[name] for kernel, _ in large_samples(row)]
    for number, kernel in enumerate(OPS[name].kernels["cpu"]):
        assert any(kernel is each for each in taken), f"no `large` sample of {name} is for its kernel {number}"
