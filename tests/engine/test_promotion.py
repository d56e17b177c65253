"""The result type of every pair of types, tensors with dimensions, 0-d tensors and Python numbers."""

import operator
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest

from engine.autograd.tensor_base import wrap
from engine.backend.dtype import DTYPES, as_dtype, dtype
from engine.ops.elementwise.arithmetic import add, div, mul, result_type
from engine.ops.elementwise.power import pow
from engine.ops.elementwise.selection import maximum, where
from engine.tensors import Tensor

NAMES = tuple(each.name for each in DTYPES)
NUMBERS: dict[str, bool | int | float | complex] = {"True": True, "2": 2, "1.5": 1.5, "1j": 1j}
COMPLEX, FLOATING = ("complex64", "complex128"), ("float16", "bfloat16", "float32", "float64")
WHOLE = ("uint8", "int8", "int16", "int32", "int64")

# (type, form) of one operand: an array of dimension 1, one of dimension 0, or a Python number.
Operand = tuple[str, str]
DIMENSIONED: list[Operand] = [(name, "1-d") for name in NAMES]
ZERO_DIM: list[Operand] = [(name, "0-d") for name in NAMES]
PYTHON: list[Operand] = [(name, "number") for name in NUMBERS]
PAIRS = [
    (first, second)
    for first, second in product(DIMENSIONED + ZERO_DIM + PYTHON, repeat=2)
    if "number" not in (first[1], second[1]) or first[1] != second[1]
]


def array(operand: Operand) -> Any:
    name, form = operand
    return NUMBERS[name] if form == "number" else np.ones((2,) if form == "1-d" else (), as_dtype(name).numpy)


def tensor(operand: Operand) -> Any:
    value = array(operand)
    return value if operand[1] == "number" else wrap(Tensor, value)


# The rules in words: a level (dimensions, 0-d, numbers) decides alone unless a lower level has a higher category
# (bool, whole, floating, complex); within a level the wider type wins, uint8 with int8 needs int16, and float16 with
# bfloat16 float32. What only numbers of a higher category ask for is int64, the default float32, or complex64. A
# complex type keeps the precision of float64 beside it, except of a lower level.


def category(name: str) -> int:
    return 3 if name in COMPLEX else 2 if name in FLOATING else 1 if name in WHOLE else 0


def wider(first: str, second: str) -> str:
    if {first, second} == {"uint8", "int8"}:
        return "int16"
    if {first, second} == {"float16", "bfloat16"}:
        return "float32"
    if {first, second} == {"float64", "complex64"}:
        return "complex128"
    return max(first, second, key=lambda name: (category(name), as_dtype(name).itemsize, name.startswith("int")))


def expected_type(first: Operand, second: Operand) -> str:
    levels = ("1-d", "0-d", "number")
    high, low = sorted((first, second), key=lambda operand: levels.index(operand[1]))
    names = [
        {"True": "bool", "2": "int64", "1.5": "float32", "1j": "complex64"}.get(name, name) for name, _ in (high, low)
    ]
    if high[1] == low[1]:
        return wider(*names)
    if category(names[0]) == 2 and category(names[1]) == 3:
        return "complex128" if names[0] == "float64" else "complex64"
    return names[1] if category(names[1]) > category(names[0]) else names[0]


def each_pair() -> Iterator[tuple[Operand, Operand, str]]:
    for first, second in PAIRS:
        yield first, second, expected_type(first, second)


def test_the_table_itself() -> None:
    """Cells that PyTorch's documentation spells out, so that the rules above are not their own witness."""
    known = {
        (("int32", "1-d"), ("1.5", "number")): "float32",
        (("int64", "1-d"), ("float16", "1-d")): "float16",
        (("float32", "1-d"), ("float64", "0-d")): "float32",
        (("int8", "1-d"), ("float64", "0-d")): "float64",
        (("uint8", "1-d"), ("int8", "1-d")): "int16",
        (("uint8", "1-d"), ("2", "number")): "uint8",
        (("bool", "1-d"), ("2", "number")): "int64",
        (("float16", "0-d"), ("1.5", "number")): "float16",
        (("int16", "1-d"), ("int64", "0-d")): "int16",
        (("int64", "0-d"), ("int8", "1-d")): "int8",
        (("float64", "1-d"), ("complex64", "0-d")): "complex128",
        (("complex64", "1-d"), ("float64", "0-d")): "complex64",
        (("bfloat16", "1-d"), ("float16", "1-d")): "float32",
    }
    for pair, name in known.items():
        assert expected_type(*pair) == name, pair


@pytest.mark.parametrize("operation", [add, mul], ids=lambda operation: operation.name)
def test_sums_and_products_have_the_common_type(operation: Callable[..., Any]) -> None:
    for first, second, name in each_pair():
        result = operation(tensor(first), tensor(second))
        assert (result.dtype.name, result.array.dtype.name) == (name, name), (first, second)


def test_result_type_tells_it() -> None:
    for first, second, name in each_pair():
        assert result_type(tensor(first), tensor(second)).name == name, (first, second)


def test_quotients_are_floating() -> None:
    for first, second, name in each_pair():
        floating = name if category(name) > 1 else "float32"
        assert div(tensor(first), tensor(second)).dtype.name == floating, (first, second)


def test_powers_have_the_common_type_and_none_is_bool() -> None:
    for first, second, name in each_pair():
        if name == "bool" or name in COMPLEX:
            with pytest.raises(NotImplementedError, match="pow"):
                pow(tensor(first), tensor(second))
        else:
            assert pow(tensor(first), tensor(second)).dtype.name == name, (first, second)


def test_the_larger_of_two_tensors_has_the_common_type() -> None:
    for first, second, name in each_pair():
        if "number" not in (first[1], second[1]) and name not in COMPLEX:
            assert maximum(tensor(first), tensor(second)).dtype.name == name, (first, second)


def test_comparisons_are_bool() -> None:
    for first, second, name in each_pair():
        assert operator.eq(tensor(first), tensor(second)).array.dtype == np.dtype(bool), (first, second)
        if name not in COMPLEX:
            assert operator.lt(tensor(first), tensor(second)).array.dtype == np.dtype(bool), (first, second)


def test_a_condition_does_not_take_part() -> None:
    for shape in ((2,), ()):
        condition = wrap(Tensor, np.ones(shape, bool))
        for first, second, name in each_pair():
            chosen = where(condition, tensor(first), tensor(second))
            assert (chosen.dtype.name, chosen.array.dtype.name) == (name, name), (first, second)


def test_numbers_alone_under_a_condition_have_their_own_type() -> None:
    condition = wrap(Tensor, np.array([True, False]))
    for first, second, name in ((1.5, 2, "float32"), (1, 2, "int64"), (True, False, "bool"), (True, 2, "int64")):
        assert where(condition, first, second).dtype.name == name


def test_a_higher_category_is_not_written_into_a_lower_one() -> None:
    for first, second, name in each_pair():
        if first[1] != "1-d":
            continue
        target = tensor(first)
        if category(name) > category(first[0]):
            with pytest.raises(RuntimeError, match="can't be cast"):
                target.add_(tensor(second))
        else:
            assert target.add_(tensor(second)).dtype.name == first[0]


@pytest.mark.parametrize("kind", DTYPES, ids=lambda kind: kind.name)
def test_numpy_numbers_count_as_python_numbers(kind: dtype) -> None:
    small = wrap(Tensor, np.ones(2, "float16"))
    for number in (np.float64(2.5), np.float32(2.5), np.int64(3), np.bool_(True)):
        assert (small * number).dtype.name == (number * small).dtype.name == "float16"
    whole = wrap(Tensor, np.ones(2, kind.numpy))
    assert (whole + np.int64(1)).dtype.name == ("int64" if kind.name == "bool" else kind.name)


def test_huge_numbers_wrap_around() -> None:
    bytes_ = wrap(Tensor, np.array([1, 200], "uint8"))
    np.testing.assert_array_equal((bytes_ + 300).array, [45, 244])
    np.testing.assert_array_equal((300 * bytes_).array, [44, 96])
    np.testing.assert_array_equal((bytes_ + -1).array, [0, 199])
    with pytest.raises(RuntimeError, match="without overflow"):
        bytes_.fill_(300)


OPERATIONS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "add": (add, operator.add),
    "mul": (mul, operator.mul),
    "div": (div, operator.truediv),
    "pow": (pow, operator.pow),
    "lt": (operator.lt, operator.lt),
}


def half_complex(first: Operand, second: Operand) -> bool:
    """Whether PyTorch would make complex numbers of two float16, for which it has few functions and we have none."""
    return "float16" in (first[0], second[0]) and expected_type(first, second) == "complex64"


def twin(torch: Any, operand: Operand) -> Any:
    """The operand as PyTorch has it."""
    name, form = operand
    if form == "number":
        return NUMBERS[name]
    return torch.ones((2,) if form == "1-d" else (), dtype=getattr(torch, name))


@pytest.mark.parity
@pytest.mark.parametrize("name", OPERATIONS)
def test_pytorch_has_the_same_types(name: str) -> None:
    torch = pytest.importorskip("torch", reason="pip install 'galley[parity]'")
    ours, theirs = OPERATIONS[name]
    for first, second in PAIRS:
        if name == "pow" and expected_type(first, second) == "bool":
            # PyTorch refuses this too, except for the number True, whose power it never computes.
            continue
        if half_complex(first, second) or (name in ("pow", "lt") and expected_type(first, second) in COMPLEX):
            continue
        right = theirs(*(twin(torch, each) for each in (first, second)))
        assert f"torch.{ours(tensor(first), tensor(second)).dtype.name}" == str(right.dtype), (first, second)


@pytest.mark.parity
def test_pytorch_chooses_the_same_types() -> None:
    torch = pytest.importorskip("torch", reason="pip install 'galley[parity]'")
    condition = np.array([True, False])
    for first, second in PAIRS:
        if half_complex(first, second):
            continue
        mine = [tensor(first), tensor(second)]
        right = [twin(torch, each) for each in (first, second)]
        chosen = torch.where(torch.tensor(condition), *right)
        assert f"torch.{where(wrap(Tensor, condition), *mine).dtype.name}" == str(chosen.dtype), (first, second)
        if "number" not in (first[1], second[1]) and expected_type(first, second) not in COMPLEX:
            assert f"torch.{maximum(*mine).dtype.name}" == str(torch.maximum(*right).dtype), (first, second)
