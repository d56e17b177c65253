"""Rows of eigenvalues of any square matrices; gradients are checked in test_general_eigenvalues.py."""

import numpy as np

from engine.ops.linear_algebra import general_eigenvalues
from engine.testing.row import Sample, row, sample


def squares(rng: np.random.Generator) -> list[Sample]:
    turned = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    return [
        sample(rng.normal(size=(4, 4))),
        sample(rng.normal(size=(2, 3, 3))),
        sample(np.diag([1.0, 2.0, 5.0])),
        sample(turned),
        sample(np.zeros((0, 0))),
        sample(np.zeros((2, 0, 0))),
    ]


row(general_eigenvalues.eig, lambda A: tuple(np.linalg.eig(A)), squares, gradient=False)
row(general_eigenvalues.eigvals, np.linalg.eigvals, squares, gradient=False)
