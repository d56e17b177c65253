"""Functions of matrices against their definitions, NumPy and SciPy; wrong input and matrices that have no answer."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine import linalg

RNG = np.random.default_rng(23)


def tensor(array: Any) -> engine.Tensor:
    return engine.tensor(np.asarray(array))


def matrix(*shape: int) -> engine.Tensor:
    return tensor(RNG.normal(size=shape))


def near(ours: Any, expected: Any) -> None:
    expected = getattr(expected, "array", expected)
    assert ours.shape == np.shape(expected)
    np.testing.assert_allclose(ours.numpy(), expected, rtol=1e-9, atol=1e-9)


SIZES = [(3, 3), (2, 4), (4, 2), (2, 5, 3), (2, 1, 3, 5), (1, 1)]


@pytest.mark.parametrize("size", SIZES)
def test_factors_multiply_to_the_matrix(size: tuple[int, ...]) -> None:
    A = matrix(*size)
    for full in (False, True):
        U, S, Vh = linalg.svd(A, full)
        least = S.shape[-1]
        near((U[..., :least] * S.unsqueeze(-2)) @ Vh[..., :least, :], A)
        near(U.mT @ U, np.broadcast_to(np.eye(U.shape[-1]), (*U.shape[:-2], U.shape[-1], U.shape[-1])))
        assert (S.diff() <= 0).all()
    Q, R = linalg.qr(A)
    near(Q @ R, A)
    near(R.tril(-1), np.zeros(R.shape))
    P, L, U = linalg.lu(A)
    near(P @ L @ U, A)
    near(L.triu(1), np.zeros(L.shape))
    near(U.tril(-1), np.zeros(U.shape))
    inverse = linalg.pinv(A)
    near(A @ inverse @ A, A)
    near((A @ inverse).mT, A @ inverse)


@pytest.mark.parametrize("size", [(3, 3), (2, 4, 4), (1, 1)])
def test_symmetric_factors_multiply_to_the_matrix(size: tuple[int, ...]) -> None:
    A = matrix(*size)
    A = A + A.mT
    values, vectors = linalg.eigh(A)
    near((vectors * values.unsqueeze(-2)) @ vectors.mT, A)
    near(linalg.eigvalsh(A, "U"), values)
    B = matrix(*size)
    LD, pivots = linalg.ldl_factor(A)
    near(A @ linalg.ldl_solve(LD, pivots, B), B)
    definite = A @ A + 1e-1 * engine.eye(size[-1], dtype=engine.float64)
    L = linalg.cholesky(definite)
    near(L @ L.mT, definite)
    near(engine.cholesky_inverse(L) @ definite, np.broadcast_to(np.eye(size[-1]), size))
    near(definite @ engine.cholesky_solve(B, L.mT, True), B)


@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("adjoint", [True, False])
def test_solutions_solve(left: bool, adjoint: bool) -> None:
    A, B = matrix(2, 3, 3), matrix(3, 3)
    X = linalg.lu_solve(*linalg.lu_factor(A), B, left=left, adjoint=adjoint)
    used = A.mT if adjoint else A
    near(used @ X if left else X @ used, B.expand(2, 3, 3))
    X = linalg.solve(A, B, left=left)
    near(A @ X if left else X @ A, B.expand(2, 3, 3))


def test_vectors_are_solved_for_one_by_one_where_the_batch_says_so() -> None:
    A, b = matrix(2, 3, 3), matrix(2, 3)
    near((A @ linalg.solve(A, b).unsqueeze(-1)).squeeze(-1), b)
    near(A[0] @ linalg.solve(A[0], b[0]), b[0])


@pytest.mark.parametrize("scale", [1e-8, 0.1, 1.0, 30.0])
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_exponentials_of_all_sizes(scale: float, kind: str) -> None:
    A = (scale * RNG.normal(size=(3, 4, 4))).astype(kind)
    A[1] = 0
    expected = scipy.linalg.expm(A.astype("float64"))
    found = linalg.matrix_exp(tensor(A))
    assert str(found.dtype) == f"engine.{kind}"
    tolerance = (1e-3 if kind == "float32" else 1e-11) * np.abs(expected).max()
    np.testing.assert_allclose(found.numpy(), expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("ord", ["fro", "nuc", 2, -2, 1, -1, np.inf, -np.inf])
@pytest.mark.parametrize("dim", [(0, 1), (2, 0), (-2, -1)])
@pytest.mark.parametrize("keepdim", [True, False])
def test_matrix_norms(ord: Any, dim: tuple[int, int], keepdim: bool) -> None:
    A = matrix(3, 4, 2)
    near(linalg.matrix_norm(A, ord, dim, keepdim), np.linalg.norm(A.numpy(), ord, dim, keepdim))
    near(linalg.norm(A, ord, dim, keepdim), np.linalg.norm(A.numpy(), ord, dim, keepdim))


@pytest.mark.parametrize("ord", [None, 0, 1, 2, 3.5, -1, -2, np.inf, -np.inf])
def test_vector_norms(ord: Any) -> None:
    A = matrix(3, 4)
    near(linalg.norm(A, ord, 0), np.linalg.norm(A.numpy(), ord, 0))
    near(linalg.norm(A[0], ord), np.linalg.norm(A[0].numpy(), ord))


@pytest.mark.parametrize("p", [None, "fro", "nuc", 2, -2, 1, np.inf])
def test_condition_numbers(p: Any) -> None:
    A = matrix(2, 3, 3)
    near(linalg.cond(A, p), [np.linalg.cond(each, p) for each in A.numpy()])
    assert linalg.cond(engine.ones(2, 2), 1) == np.inf


def test_ranks_and_tolerances() -> None:
    A = matrix(5, 2) @ matrix(2, 4)
    assert linalg.matrix_rank(A) == 2
    assert linalg.matrix_rank(engine.stack([A, 0 * A])).tolist() == [2, 0]
    assert linalg.matrix_rank(engine.eye(3) * tensor([1.0, 0.5, 0.1]), atol=0.3) == 2
    assert linalg.matrix_rank(-engine.eye(3), hermitian=True) == 3
    near(linalg.pinv(engine.eye(2) * tensor([2.0, 0.1]), atol=0.3), [[0.5, 0], [0, 0]])


EQUATIONS: list[tuple[Any, ...]] = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 4)),
    ("ba,cb", (2, 3), (4, 2)),
    ("ii", (3, 3)),
    ("ii->i", (3, 3)),
    ("iji->j", (3, 2, 3)),
    ("ij->", (2, 3)),
    ("ij->ji", (2, 3)),
    ("...ij,...jk->...ik", (5, 2, 3), (1, 3, 4)),
    ("i...,...->...i", (2, 3, 4), (4,)),
    ("...a,a", (2, 3, 4), (4,)),
    ("i,j,k->kji", (2,), (3,), (4,)),
    ("bij,bjk,bkl->bil", (2, 3, 4), (2, 4, 5), (2, 5, 3)),
    ("bq,abc,qc->qa", (3, 2), (4, 3, 5), (2, 5)),
    (" i j , j -> i ", (2, 3), (3,)),
    ("iij,jkk->ik", (2, 2, 3), (3, 4, 4)),
    ("ij,ij->", (2, 3), (2, 3)),
    (",i->i", (), (3,)),
    ("ij,jk->ik", (0, 3), (3, 2)),
    ("Ab,bA", (2, 3), (3, 2)),
]


@pytest.mark.parametrize("case", EQUATIONS, ids=[each[0] for each in EQUATIONS])
def test_einsum_equations(case: Any) -> None:
    equation, *shapes = case
    operands = [matrix(*shape) for shape in shapes]
    near(engine.einsum(equation, *operands), np.einsum(equation, *(each.numpy() for each in operands)))
    near(engine.einsum(equation, operands), np.einsum(equation, *(each.numpy() for each in operands)))


def test_einsum_with_lists_of_numbers_and_a_length_that_broadcasts() -> None:
    first, second = matrix(2, 3), matrix(3, 4)
    near(engine.einsum(first, [0, 1], second, [1, 2], [2, 0]), (first @ second).mT)
    near(engine.einsum(first, [..., 1], second, [1, 2]), first @ second)
    near(engine.einsum("ij,jk->ik", matrix(2, 1) * 0 + 2, second), np.tile(2 * second.numpy().sum(0), (2, 1)))


@given(st.lists(st.integers(1, 4), min_size=3, max_size=7))
def test_chains_in_any_order_are_the_product(lengths: list[int]) -> None:
    matrices = [matrix(rows, columns) for rows, columns in pairwise(lengths)]
    expected = matrices[0].numpy()
    for each in matrices[1:]:
        expected = expected @ each.numpy()
    near(linalg.multi_dot(matrices), expected)


@given(st.data())
def test_tensordot_and_kron_are_numpys(data: st.DataObject) -> None:
    lengths = st.lists(st.integers(1, 3), min_size=0, max_size=3)
    outer, inner, other = (tuple(data.draw(lengths)) for _ in range(3))
    first, second = matrix(*outer, *inner), matrix(*inner, *other)
    near(engine.tensordot(first, second, len(inner)), np.tensordot(first.numpy(), second.numpy(), len(inner)))
    near(engine.kron(first, second), np.kron(first.numpy(), second.numpy()))


def test_products() -> None:
    first, second = matrix(2, 3), matrix(2, 3)
    near(linalg.cross(first, second), np.cross(first.numpy(), second.numpy()))
    near(engine.cross(first.mT, second.mT), np.cross(first.numpy(), second.numpy()).T)
    near(linalg.vecdot(first, second), (first.numpy() * second.numpy()).sum(-1))
    near(engine.inner(first, second), np.inner(first.numpy(), second.numpy()))
    near(linalg.vander(first), [np.vander(each, increasing=True) for each in first.numpy()])
    near(engine.vander(first[0], 4), np.vander(first[0].numpy(), 4))
    weight, bias = matrix(4, 3, 3), matrix(4)
    expected = np.einsum("ni,oij,nj->no", first.numpy(), weight.numpy(), second.numpy()) + bias.numpy()
    near(engine.nn.functional.bilinear(first, second, weight, bias), expected)
    near(engine.addbmm(bias[:3], weight, matrix(4, 3, 3) * 0 + 1, beta=2, alpha=0.5), 2 * bias.numpy()[:3]
         + 0.5 * weight.numpy().sum((0, 2))[:, None] * np.ones(3))  # fmt: skip


def test_approximations_of_low_rank() -> None:
    engine.manual_seed(0)
    A = matrix(2, 9, 4) @ matrix(2, 4, 7)
    for each in (A, A.mT):
        U, S, V = engine.svd_lowrank(each, 5)
        near((U * S.unsqueeze(-2)) @ V.mT, each)
        near(S[..., :4], linalg.svdvals(each)[..., :4])
    U, S, V = engine.pca_lowrank(A[0], 4)
    near((U * S) @ V.mT, A[0] - A[0].mean(0))


SINGULAR = np.stack([np.eye(2), np.ones((2, 2)), np.eye(2)])


@pytest.mark.parametrize(
    ("call", "place"),
    [
        (lambda A: linalg.inv(A), "Batch element 1"),
        (lambda A: linalg.solve(A, engine.ones(2, 1, dtype=engine.float64)), "Batch element 1"),
        (lambda A: linalg.cholesky(A - 0.6), "Batch element 0"),
        (lambda A: linalg.cholesky_ex(A - 0.6, check_errors=True), "Batch element 0"),
        (lambda A: engine.inverse(A[1]), "diagonal element 2"),
    ],
)
def test_matrices_without_an_answer_are_named(call: Any, place: str) -> None:
    with pytest.raises(linalg.LinAlgError, match=place):
        call(tensor(SINGULAR))


def test_reports_instead_of_errors() -> None:
    inverse, info = linalg.inv_ex(tensor(SINGULAR))
    assert info.tolist() == [0, 2, 0]
    near(inverse[2], np.eye(2))
    assert linalg.cholesky_ex(tensor(SINGULAR - 0.6)).info.tolist() == [2, 2, 2]
    assert linalg.lu_factor_ex(tensor(SINGULAR)).info.tolist() == [0, 2, 0]
    assert linalg.solve_ex(tensor(SINGULAR), matrix(3, 2, 1)).info.tolist() == [0, 2, 0]
    with pytest.raises(RuntimeError, match="Batch element 1"):
        linalg.lu_factor(tensor(SINGULAR))
    for function in (linalg.svd, linalg.svdvals, linalg.pinv):
        with pytest.raises(linalg.LinAlgError, match="non-finite"):
            function(tensor([[np.nan, 1.0], [0.0, 1.0]]))
    with pytest.raises(linalg.LinAlgError, match="leading minor of order 2"):
        linalg.cholesky(tensor([[1.0, 0.0], [np.nan, 1.0]]))


@pytest.mark.parametrize("name", ["inv", "det", "slogdet", "eigh", "eigvalsh", "cholesky", "matrix_exp"])
def test_what_is_no_square_matrix_is_refused(name: str) -> None:
    function = getattr(linalg, name)
    with pytest.raises(RuntimeError, match="3 by 4"):
        function(matrix(3, 4))
    with pytest.raises(RuntimeError, match="at least 2 dimensions"):
        function(matrix(3))
    with pytest.raises(RuntimeError, match="int64"):
        function(engine.ones(3, 3, dtype=engine.int64))
    with pytest.raises(RuntimeError, match="float16"):
        function(engine.ones(3, 3, dtype=engine.float16))


@pytest.mark.parametrize(
    ("equation", "shapes", "message"),
    [
        ("ij,jk", [(2, 3), (4, 5)], "subscript j has size 4"),
        ("ij,jk->iz", [(2, 3), (3, 5)], "output subscript z"),
        ("ij,jk->ii", [(2, 3), (3, 5)], "more than once"),
        ("ij", [(2, 3), (3, 5)], "more operands"),
        ("ij,jk", [(2, 3)], "fewer operands"),
        ("i", [(2, 3)], "does not match|is not the number"),
        ("ii", [(2, 3)], "3 != 2"),
        ("i.j", [(2, 3)], "not part of any ellipsis"),
        ("i1", [(2, 3)], "invalid subscript"),
    ],
)
def test_wrong_equations_are_refused(equation: str, shapes: Any, message: str) -> None:
    with pytest.raises(RuntimeError, match=message):
        engine.einsum(equation, *(matrix(*shape) for shape in shapes))


@pytest.mark.parametrize(
    "call",
    [
        lambda: linalg.solve(matrix(3, 3), matrix(4, 1)),
        lambda: linalg.solve_triangular(matrix(3, 3), matrix(4, 1), upper=True),
        lambda: linalg.lstsq(matrix(3, 4), matrix(4, 1)),
        lambda: engine.tensordot(matrix(3, 3), matrix(4, 1), 1),
        lambda: engine.addmv(matrix(4), matrix(3, 2), matrix(2)),
        lambda: engine.nn.functional.bilinear(matrix(5, 3), matrix(5, 4), matrix(2, 3, 3)),
        lambda: linalg.multi_dot([matrix(3, 3), matrix(4, 1), matrix(1, 2)]),
    ],
)
def test_sizes_that_do_not_fit_are_named(call: Any) -> None:
    with pytest.raises(RuntimeError, match=r"3.*4|4.*3"):
        call()
