"""How an op is declared: `@op(...)` over its reference, a plain array function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.autograd.elementwise import BinaryOp, UnaryOp
from engine.autograd.op_base import OPS, Op, clear_plans, find_op


def op(
    shape: Callable[..., Any],
    types: str = "promote",
    promoting: tuple[str, ...] | None = None,
    view: bool = False,
    differentiable: bool = True,
    nondifferentiable: tuple[str, ...] = (),
    saved: tuple[str, ...] = (),
    rows: bool = False,
    complex: str = "refused",
    filling: bool = False,
) -> Callable[[Callable[..., Any]], Op]:
    """Declare an op by its reference, whose annotations say which parameters are inputs.

    `shape` is the shape rule on Specs; `types` is how inputs are promoted: `promote` to their common type, `floating`
    (integers become the default floating type) or `keep`; `promoting` names the inputs that take part, all by default.
    `view` ops alias their input; `saved` names intermediates that the reference returns after its outputs;
    `nondifferentiable` names outputs without gradient; of a `filling` op's inputs shape and type alone matter; outputs
    of `rows` ops lie in row-major order whatever their inputs do, others may keep the order of their inputs. Tensors of
    complex numbers are `refused`, unless the op is `holomorphic` in them (then its rules hold for real and complex
    numbers alike; views are) or `own`: its rules know that a gradient of a complex number is conjugated (as in
    Kreutz-Delgado, "The complex gradient operator").
    """

    def declare(reference: Callable[..., Any]) -> Op:
        names = reference.__code__.co_varnames[: reference.__code__.co_argcount]
        plain = not view and not saved and reference.__annotations__.get("return") in ("Any", Any)
        family = {("input",): UnaryOp, ("input", "other"): BinaryOp}.get(names, Op) if plain else Op
        treats = "holomorphic" if view and complex == "refused" else complex
        return family(
            reference, shape, types, promoting, view, differentiable, nondifferentiable, saved, rows, treats, filling
        )

    return declare


__all__ = ["OPS", "Op", "clear_plans", "find_op", "op"]
