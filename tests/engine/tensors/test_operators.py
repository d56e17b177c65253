"""Operators and in-place methods of tensors, against NumPy's arithmetic and PyTorch's errors."""

import operator
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest

from engine.autograd.tensor_base import wrap
from engine.tensors import Tensor
from engine.tensors.arithmetic import Arithmetic
from engine.tensors.comparison import Comparison
from engine.tensors.pointwise import Pointwise

FLOATS = np.array([[0.3, 0.9, -0.7], [0.2, -0.5, 0.6]])
OTHERS = np.array([[0.5, -0.8, 0.4], [-0.9, 0.7, 0.1]])
WHOLE = np.array([[5, -7, 3], [2, 9, -4]])

REAL_OPERATORS: list[Callable[[Any, Any], Any]] = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.eq,
    operator.ne, operator.lt, operator.le, operator.gt, operator.ge,
]  # fmt: skip
BIT_OPERATORS: list[Callable[[Any, Any], Any]] = [
    operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift
]  # fmt: skip
IN_PLACE: list[Callable[[Any, Any], Any]] = [
    operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ifloordiv, operator.imod
]  # fmt: skip
IN_PLACE_BITS: list[Callable[[Any, Any], Any]] = [
    operator.iand, operator.ior, operator.ixor, operator.ilshift, operator.irshift
]  # fmt: skip


def tensor(values: Any, dtype: str | None = None) -> Any:
    return wrap(Tensor, np.array(values, dtype=dtype))


@pytest.mark.parametrize("operate", REAL_OPERATORS)
def test_real_operators_in_all_their_forms(operate: Callable[[Any, Any], Any]) -> None:
    for left, right in ((FLOATS, OTHERS), (FLOATS, OTHERS[0]), (FLOATS, 0.7), (0.7, OTHERS), (np.float64(0.7), OTHERS)):
        mine = operate(*(tensor(each) if np.ndim(each) else each for each in (left, right)))
        np.testing.assert_allclose(mine.array, operate(left, right), rtol=1e-12)


@pytest.mark.parametrize("operate", BIT_OPERATORS)
def test_bit_operators_in_all_their_forms(operate: Callable[[Any, Any], Any]) -> None:
    for left, right in ((WHOLE, np.abs(WHOLE)), (WHOLE, 3), (3, np.abs(WHOLE))):
        mine = operate(*(tensor(each) if np.ndim(each) else each for each in (left, right)))
        np.testing.assert_array_equal(mine.array, operate(left, right))


def test_powers_and_signs() -> None:
    base = np.abs(FLOATS)
    np.testing.assert_allclose((tensor(base) ** tensor(OTHERS)).array, base**OTHERS)
    np.testing.assert_allclose((tensor(FLOATS) ** 2).array, FLOATS**2)
    np.testing.assert_allclose((2 ** tensor(FLOATS)).array, 2**FLOATS)
    np.testing.assert_array_equal((-tensor(FLOATS)).array, -FLOATS)
    np.testing.assert_array_equal((+tensor(FLOATS)).array, FLOATS)
    np.testing.assert_array_equal(abs(tensor(FLOATS)).array, np.abs(FLOATS))
    np.testing.assert_array_equal((~tensor([True, False])).array, [False, True])
    np.testing.assert_array_equal((~tensor(WHOLE)).array, ~WHOLE)


@pytest.mark.parametrize("operate", IN_PLACE)
def test_in_place_operators_keep_the_tensor(operate: Callable[[Any, Any], Any]) -> None:
    for right in (OTHERS, 0.7):
        target = tensor(FLOATS)
        memory = target.array
        result = operate(target, tensor(right) if np.ndim(right) else right)
        assert result is target
        assert target.array is memory
        assert target._version == 1
        np.testing.assert_allclose(memory, operate(FLOATS.copy(), right), rtol=1e-12)


@pytest.mark.parametrize("operate", IN_PLACE_BITS)
def test_in_place_bit_operators_keep_the_tensor(operate: Callable[[Any, Any], Any]) -> None:
    target = tensor(WHOLE)
    assert operate(target, 3) is target
    np.testing.assert_array_equal(target.array, operate(WHOLE.copy(), 3))


def test_in_place_power() -> None:
    target = tensor(FLOATS)
    same = target
    target **= 2
    assert target is same
    np.testing.assert_allclose(target.array, FLOATS**2)


OTHER_ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "lerp": (OTHERS, 0.3), "addcmul": (OTHERS, FLOATS), "addcdiv": (OTHERS, OTHERS), "clamp": (-0.4, 0.4),
    "clip": (-0.4, 0.4), "clamp_min": (0.1,), "clamp_max": (0.1,), "pow": (2,), "round": (),
}  # fmt: skip
TWO_OPERANDS = {
    "add", "sub", "subtract", "mul", "multiply", "div", "divide", "true_divide", "floor_divide", "remainder", "fmod",
    "eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_xor", "atan2",
    "not_equal", "less", "less_equal", "greater", "greater_equal", "arctan2",
}  # fmt: skip


def in_place_names() -> list[str]:
    names = {name for family in (Arithmetic, Comparison, Pointwise) for name in vars(family)}
    return sorted(name for name in names if name.endswith("_") and name[:-1] in names)


@pytest.mark.parametrize("name", in_place_names())
def test_in_place_methods_write_what_their_twins_return(name: str) -> None:
    plain = name[:-1]
    start: np.ndarray = WHOLE if plain.startswith("bitwise") else FLOATS + 2.0 if plain.endswith("cosh") else FLOATS
    if plain in ("log", "log1p", "log2", "log10", "sqrt", "rsqrt"):
        start = np.abs(start)
    others: tuple[Any, ...] = OTHER_ARGUMENTS.get(plain, (OTHERS,) if plain in TWO_OPERANDS else ())
    if plain.startswith("bitwise") and plain != "bitwise_not":
        others = (3,)
    args = [tensor(each) if isinstance(each, np.ndarray) else each for each in others]
    expected = getattr(tensor(start), plain)(*args)
    target = tensor(start)
    assert getattr(target, name)(*args) is target
    assert target.dtype is tensor(start).dtype
    np.testing.assert_array_equal(target.array, expected.array.astype(start.dtype))


def test_alpha_and_value_scale_what_is_added() -> None:
    x, y, z = tensor(FLOATS), tensor(OTHERS), tensor(FLOATS + 2)
    np.testing.assert_allclose(x.add(y, alpha=3).array, FLOATS + 3 * OTHERS)
    np.testing.assert_allclose(x.sub(2, alpha=0.5).array, FLOATS - 1)
    np.testing.assert_allclose(x.addcmul(y, z, value=0.5).array, FLOATS + 0.5 * OTHERS * (FLOATS + 2))
    np.testing.assert_allclose(x.addcdiv(y, z, value=-1).array, FLOATS - OTHERS / (FLOATS + 2))
    np.testing.assert_allclose(tensor(FLOATS).add_(y, alpha=2).array, FLOATS + 2 * OTHERS)
    with pytest.raises(RuntimeError, match="argument alpha must not be a floating point"):
        tensor(WHOLE).add(tensor(WHOLE), alpha=0.5)
    with pytest.raises(RuntimeError, match="Boolean alpha"):
        x.add(y, alpha=True)


def test_equality_with_other_things() -> None:
    x, absent = tensor(FLOATS), cast(Any, None)
    assert (x == absent) is False
    assert (x != "text") is True
    assert x in [tensor(1.0), x][1:]
    assert {x: "kept"}[x] == "kept"
    with pytest.raises(TypeError):
        operator.lt(x, absent)
    with pytest.raises(TypeError):
        operator.add(x, "text")


def test_numpy_leaves_operators_to_the_tensor() -> None:
    assert type(np.float32(2) * tensor(FLOATS)) is Tensor
    assert (np.float64(2) * tensor(FLOATS, "float32")).dtype.name == "float32"
    with pytest.raises(TypeError, match="must be a tensor or a number"):
        operator.add(FLOATS, tensor(FLOATS))


def test_masks_are_not_subtracted() -> None:
    mask = tensor([True, False])
    for attempt in (lambda: mask - mask, lambda: mask - 1, lambda: 1.5 - mask, lambda: tensor([1.0, 2.0]) - mask):
        with pytest.raises(RuntimeError, match="Subtraction"):
            attempt()
    with pytest.raises(RuntimeError, match="Negation"):
        operator.neg(mask)


def test_whole_numbers_are_not_divided_by_zero() -> None:
    whole, zero = tensor(WHOLE), tensor([1, 0, 2])
    for attempt in (
        lambda: whole // zero, lambda: whole % 0, lambda: whole.fmod(zero), lambda: 5 // zero,
        lambda: whole.div(zero, rounding_mode="trunc"),
    ):  # fmt: skip
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            attempt()
    with pytest.raises(RuntimeError, match="rounding_mode"):
        whole.div(2, rounding_mode="up")
    with pytest.raises(RuntimeError, match="negative integer powers"):
        operator.pow(whole, -1)


def test_filling_forgets_the_old_values_and_keeps_the_graph() -> None:
    for write, expected in ((lambda y: y.zero_(), 0.0), (lambda y: y.fill_(2.5), 2.5)):
        x = tensor(FLOATS).requires_grad_()
        y = x * 3
        assert write(y) is y
        np.testing.assert_array_equal(y.array, np.full(FLOATS.shape, expected))
        (y * 2).sum().backward()
        np.testing.assert_array_equal(x.grad.array, np.zeros_like(FLOATS))


def test_a_filled_in_tensor_gets_the_sum_of_the_gradients() -> None:
    value = tensor(2.0).requires_grad_()
    x = tensor(FLOATS).requires_grad_()
    y = x * 3
    (y.fill_(value) * tensor(OTHERS)).sum().backward()
    np.testing.assert_allclose(value.grad.array, OTHERS.sum())
    np.testing.assert_array_equal(x.grad.array, np.zeros_like(FLOATS))
    with pytest.raises(RuntimeError, match="0-dimension"):
        tensor(FLOATS).fill_(tensor([1.0, 2.0]))


def test_wrong_types_are_named() -> None:
    with pytest.raises(NotImplementedError, match=r"bitwise_and.*float64"):
        operator.and_(tensor(FLOATS), tensor(FLOATS))
    with pytest.raises(NotImplementedError, match=r"floor.*bool"):
        tensor([True]).floor()
    with pytest.raises(RuntimeError, match="can't be cast"):
        tensor(WHOLE).exp_()
    with pytest.raises(RuntimeError, match="at least one of"):
        tensor(FLOATS).clamp()
    with pytest.raises(RuntimeError, match="boolean tensor"):
        tensor(FLOATS).where(tensor(WHOLE), 0.0)


SHAPES_DIFFER: list[Callable[[Any, Any], Any]] = [
    operator.add, operator.eq, operator.pow, Tensor.atan2, lambda x, y: x.where(y > 0, 0.0), lambda x, y: x.lerp(y, 0.5)
]  # fmt: skip


@pytest.mark.parametrize("operate", SHAPES_DIFFER)
def test_shapes_that_do_not_broadcast_are_named(operate: Callable[[Any, Any], Any]) -> None:
    with pytest.raises(RuntimeError, match=r"must match the size of tensor b .* shapes .*\(\d,\), \(\d,\)"):
        operate(tensor([1.0, 2.0, 3.0]), tensor([1.0, 2.0]))


# Infinity minus infinity is what it is about.
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_closeness() -> None:
    x, near = tensor([1.0, np.nan, np.inf]), tensor([1.0 + 1e-7, np.nan, np.inf])
    np.testing.assert_array_equal(x.isclose(near).array, [True, False, True])
    np.testing.assert_array_equal(x.isclose(near, rtol=0.0, atol=1e-9, equal_nan=True).array, [False, True, True])
    assert x.allclose(near, equal_nan=True) is True
    assert x.allclose(near) is False
    assert tensor(WHOLE).equal(tensor(WHOLE)) is True
    assert tensor(WHOLE).equal(tensor(WHOLE[:1])) is False
    with pytest.raises(RuntimeError, match="did not match"):
        x.isclose(tensor([1.0, 2.0, 3.0], "float32"))
