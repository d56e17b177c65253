"""Operands of random types give PyTorch's result types and values, and are refused where PyTorch refuses them."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore")]

EXAMPLES = int(os.environ.get("GALLEY_FUZZ_EXAMPLES", "400"))
TYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
TOLERANCE = {"float16": 4e-3, "float32": 2e-5, "float64": 1e-9}
# Small whole numbers, which every type holds; 3 is left out of exponents.
VALUES = [1, 2, 0, 3]

Call = Callable[[Any, Any, Any], Any]
CALLS: dict[str, Call] = {
    "add": lambda lib, x, y: x + y,
    "sub": lambda lib, x, y: x - y,
    "mul": lambda lib, x, y: x * y,
    "div": lambda lib, x, y: x / y,
    "floor_divide": lambda lib, x, y: x // (y + 1),
    "remainder": lambda lib, x, y: x % (y + 1),
    "fmod": lambda lib, x, y: lib.fmod(x, y + 1),
    "pow": lambda lib, x, y: x**y,
    "add with alpha": lambda lib, x, y: x.add(y, alpha=2),
    "maximum": lambda lib, x, y: lib.maximum(x, y),
    "where": lambda lib, x, y: lib.where(x > 1, x, y),
    "lt": lambda lib, x, y: x < y,
    "eq": lambda lib, x, y: x == y,
    "and": lambda lib, x, y: x & y,
    "xor": lambda lib, x, y: x ^ y,
    "shift": lambda lib, x, y: x << y,
    "logical_or": lambda lib, x, y: lib.logical_or(x, y),
    "atan2": lambda lib, x, y: lib.atan2(x, y),
    "lerp": lambda lib, x, y: lib.lerp(x, y, 0.5),
    "clamp": lambda lib, x, y: lib.clamp(x, min=y),
    "cat": lambda lib, x, y: lib.cat([x.reshape(-1), y.reshape(-1)]),
    "stack": lambda lib, x, y: lib.stack([x, y]),
    "matmul": lambda lib, x, y: x @ y,
    "masked_fill": lambda lib, x, y: x.masked_fill(x > 1, y),
    "index_add": lambda lib, x, y: x.index_add(0, lib.tensor([0, 1, 2, 0]), y),
    "dot": lambda lib, x, y: lib.dot(x, y),
    "add_": lambda lib, x, y: x.add_(y),
    "sub_": lambda lib, x, y: x.sub_(y),
    "mul_": lambda lib, x, y: x.mul_(y),
    "div_": lambda lib, x, y: x.div_(y),
    "pow_": lambda lib, x, y: x.pow_(y),
    "iadd": lambda lib, x, y: x.__iadd__(y),
    "iand": lambda lib, x, y: x.__iand__(y),
    "ifloordiv": lambda lib, x, y: x.__ifloordiv__(y + 1),
    "imod": lambda lib, x, y: x.__imod__(y + 1),
    "copy_": lambda lib, x, y: x.copy_(y),
    "fill_": lambda lib, x, y: x.fill_(y),
    "clamp_": lambda lib, x, y: x.clamp_(max=y),
    "lt_": lambda lib, x, y: x.lt_(y),
    "set a slice": lambda lib, x, y: _set(x, slice(1, None), y),
    "set at positions": lambda lib, x, y: _set(x, [0, 2], y),
    "set by a mask": lambda lib, x, y: _set(x, x > 1, y),
    "masked_fill_": lambda lib, x, y: x.masked_fill_(x > 1, y),
    "atan2_": lambda lib, x, y: x.atan2_(y),
    "logical_and_": lambda lib, x, y: x.logical_and_(y),
}
ALONE = [
    "sum", "mean", "prod", "var", "cumsum", "cumprod", "amax", "argmax", "any", "all", "median", "sort", "norm",
    "logsumexp", "sqrt", "sqrt_", "exp_", "sigmoid", "sin", "abs", "neg", "neg_", "sign", "square",
    "reciprocal", "reciprocal_", "round", "floor", "ceil_", "frac", "bitwise_not", "logical_not", "isnan",
    "relu", "softmax", "erf", "tril", "count_nonzero", "rsqrt", "nonzero", "unique", "bincount", "logical_not_",
    "trunc", "log1p_",
]  # fmt: skip

operands = st.tuples(st.sampled_from([*TYPES, "a bool", "an int", "a float"]), st.booleans())


def _set(x: Any, key: Any, value: Any) -> Any:
    x[key] = value
    return x


def operand(lib: Any, kind: str, single: bool) -> Any:
    if kind.startswith("a"):
        return {"a bool": True, "an int": 2, "a float": 1.5}[kind]
    return lib.tensor(VALUES[1] if single else VALUES).to(getattr(lib, kind))


def outcome(call: Callable[[], Any]) -> Any:
    """The result and its type, or that there was none."""
    try:
        result = call()
    except (
        RuntimeError,
        TypeError,
        IndexError,
        ValueError,
        NotImplementedError,
        ZeroDivisionError,
        OverflowError,
        AttributeError,
    ):
        return None
    result = result[0] if isinstance(result, tuple) else result
    return str(result.dtype).split(".")[-1].removesuffix("_"), np.array(result.numpy())


def agree(call: Callable[[Any], Any]) -> None:
    mine, other = (outcome(functools.partial(call, lib)) for lib in (engine, torch))
    assert (mine is None) == (other is None), f"{mine} here, {other} in PyTorch"
    if other is not None:
        assert mine[0] == other[0]
        limit = TOLERANCE.get(other[0], 0)
        np.testing.assert_allclose(mine[1].astype(float), other[1].astype(float), rtol=limit, atol=limit)


@settings(max_examples=EXAMPLES)
@given(st.sampled_from(list(CALLS)), operands, operands)
def test_two_operands(name: str, first: Any, second: Any) -> None:
    if first[0].startswith("a"):
        first = ("float32", True)
    if (first[0], second[0]) == ("bool", "a bool"):
        # Powers, limits and multiples of truths by a truth: PyTorch has no rule that we could follow.
        return
    agree(lambda lib: CALLS[name](lib, operand(lib, *first), operand(lib, *second)))


@settings(max_examples=EXAMPLES // 4)
@given(st.sampled_from(ALONE), st.sampled_from(TYPES), st.booleans())
def test_one_operand(name: str, kind: str, single: bool) -> None:
    arguments = (0,) if name in ("cumsum", "cumprod", "softmax", "logsumexp") else ()
    agree(lambda lib: getattr(operand(lib, kind, single), name)(*arguments))
