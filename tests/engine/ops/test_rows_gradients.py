"""No differentiable op is without a numeric check of both orders: by its row, or in a test that says why not there."""

import ast
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.autograd.op import OPS
from engine.testing import ROWS
from engine.testing.loading import load_rows

FOLDER = Path(__file__).parent
load_rows(FOLDER)


class Elsewhere(NamedTuple):
    """A test that checks both orders, by its file and name, and why no row can."""

    file: str
    test: str
    why: str


FUSED = Elsewhere("test_fused_gradients.py", "test_third_order", "it is given what forward worked out")
SYMMETRIC = Elsewhere(
    "test_linear_algebra_gradients.py",
    "test_gradients_of_first_and_second_order",
    "it reads a triangle, and its gradient is that of a symmetric matrix",
)
COMPLEX = Elsewhere(
    "test_complex_gradients.py", "test_both_orders_through_complex_numbers", "rows move real numbers alone"
)
CONNECTIONIST = Elsewhere(
    "test_fused_gradients.py",
    "test_the_gradient_of_connectionist_loss_is_of_normalised_scores_and_has_no_second_order",
    "its gradient takes scores for normalised, and its second order is refused, as in PyTorch",
)

ELSEWHERE = {
    **dict.fromkeys(("attention_backward", "batch_norm_backward", "cross_entropy_backward"), FUSED),
    **dict.fromkeys(("group_norm_backward", "layer_norm_backward", "rms_norm_backward"), FUSED),
    **dict.fromkeys(("cholesky_ex", "cholesky_solve", "eigh", "eigvalsh"), SYMMETRIC),
    **dict.fromkeys(("complex", "conjugate", "real_part", "imaginary_part"), COMPLEX),
    **dict.fromkeys(("view_as_complex", "view_as_real", "eig", "eigvals"), COMPLEX),
    **dict.fromkeys(("fourier", "real_fourier", "inverse_real_fourier"), COMPLEX),
    **dict.fromkeys(("connectionist_loss", "connectionist_backward"), CONNECTIONIST),
}


def is_differentiable(name: str) -> bool:
    """Whether an op has a rule for any of its inputs."""
    return OPS[name].joint is not None or any(rule is not None for rule in OPS[name].rules.values())


def test_every_differentiable_op_is_checked_in_both_orders() -> None:
    by_rows = {name for name in OPS if any(row.gradient and row.second for row in ROWS[name])}
    differentiable = {name for name in OPS if is_differentiable(name)}
    assert sorted(differentiable - by_rows) == sorted(ELSEWHERE)


@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_a_row_cannot_check_is_checked_where_it_says(name: str) -> None:
    file, test, why = ELSEWHERE[name]
    text = (FOLDER / file).read_text(encoding="utf-8")
    functions = [each.name for each in ast.parse(text).body if isinstance(each, ast.FunctionDef)]
    assert test in functions
    assert name.removesuffix("_ex").removesuffix("_backward") in text
    assert why
