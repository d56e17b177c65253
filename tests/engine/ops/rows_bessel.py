"""Rows of Bessel functions and Airy's; PyTorch's own J, Y and Ai are right to six digits only."""

from scipy import special

from engine.ops.elementwise import bessel as ops
from engine.testing.row import row, unary

for _op, _oracle, _torch in (
    (ops.i0, special.i0, "i0"),
    (ops.i0e, special.i0e, "special.i0e"),
    (ops.i1, special.i1, "special.i1"),
    (ops.i1e, special.i1e, "special.i1e"),
):
    row(_op, _oracle, unary(away_from=(0.0,)), torch=_torch, elementwise=True)

for _op, _oracle in (
    (ops.modified_bessel_i0, special.i0),
    (ops.modified_bessel_i1, special.i1),
    (ops.modified_bessel_k0, special.k0),
    (ops.modified_bessel_k1, special.k1),
    (ops.scaled_modified_bessel_k0, special.k0e),
    (ops.scaled_modified_bessel_k1, special.k1e),
    (ops.spherical_bessel_j0, lambda input: special.spherical_jn(0, input)),
):
    row(_op, _oracle, unary(0.1, 9.0), torch=f"special.{_op.name}", gradient=False)

for _op, _oracle in (
    (ops.bessel_j0, special.j0),
    (ops.bessel_j1, special.j1),
    (ops.bessel_y0, special.y0),
    (ops.bessel_y1, special.y1),
    (ops.airy_ai, lambda input: special.airy(input)[0]),
):
    row(_op, _oracle, unary(0.1, 9.0), gradient=False)
