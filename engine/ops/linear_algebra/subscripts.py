"""The equations of einsum: which dimension of which tensor has which name."""

from __future__ import annotations

import string
from collections import Counter
from typing import Any, NamedTuple

# A letter, or the place of a dimension under an ellipsis, counted from the end so that they broadcast.
Label = str | int
Labels = tuple[Label, ...]

# A subscript number stands for a letter; capitals come first, as in the alphabetic order of an implicit output.
LETTERS = string.ascii_uppercase + string.ascii_lowercase


class Equation(NamedTuple):
    """The labels of each operand's dimensions, and those of the result."""

    operands: list[Labels]
    result: Labels


def read_equation(equation: str, shapes: list[tuple[int, ...]]) -> Equation:
    """The labels of operands and result; raises RuntimeError for what torch.einsum refuses."""
    inputs, arrow, output = equation.replace(" ", "").partition("->")
    written = inputs.split(",")
    if len(written) != len(shapes):
        amount = "fewer" if len(shapes) < len(written) else "more"
        raise RuntimeError(
            f"einsum(): {amount} operands were provided than specified in the equation: {len(shapes)} for {equation!r}"
        )
    operands = [
        _operand(subscripts, shape, number)
        for number, (subscripts, shape) in enumerate(zip(written, shapes, strict=True))
    ]
    counts = Counter(label for labels in operands for label in labels)
    hidden = tuple(sorted(label for label in counts if isinstance(label, int)))
    if not arrow:
        once = sorted(label for label, count in counts.items() if isinstance(label, str) and count == 1)
        return Equation(operands, (*hidden, *once))
    return Equation(operands, _result(output, hidden, counts))


def _letters(subscripts: str, where: str) -> list[str]:
    """The letters of a term with `...` as one of them."""
    letters: list[str] = []
    place = 0
    while place < len(subscripts):
        if subscripts[place] == ".":
            if subscripts[place : place + 3] != "...":
                raise RuntimeError(f"einsum(): found '.' for {where} that is not part of any ellipsis: {subscripts!r}")
            if "..." in letters:
                raise RuntimeError(f"einsum(): found '.' for {where} for which an ellipsis was already found")
            letters.append("...")
            place += 3
            continue
        if subscripts[place] not in LETTERS:
            raise RuntimeError(
                f"einsum(): invalid subscript given at index {place} in the equation string, subscripts must be in "
                f"[a-zA-Z]: {subscripts[place]!r} for {where}"
            )
        letters.append(subscripts[place])
        place += 1
    return letters


def _operand(subscripts: str, shape: tuple[int, ...], number: int) -> Labels:
    letters = _letters(subscripts, f"operand {number}")
    covered = len(shape) - (len(letters) - letters.count("..."))
    if covered < 0 or (covered > 0 and "..." not in letters):
        more = "more than" if covered < 0 else "not"
        raise RuntimeError(
            f"einsum(): the number of subscripts in the equation ({len(letters) - letters.count('...')}) is {more} the "
            f"number of dimensions ({len(shape)}) for operand {number}"
            + ("" if covered < 0 else " and no ellipsis was given")
            + f": {subscripts!r} for shape {list(shape)}"
        )
    labels: list[Label] = []
    for letter in letters:
        labels.extend(range(-covered, 0) if letter == "..." else (letter,))
    return tuple(labels)


def _result(output: str, hidden: tuple[int, ...], counts: Any) -> Labels:
    labels: list[Label] = []
    for letter in _letters(output, "the output"):
        if letter == "...":
            labels.extend(hidden)
        elif letter in labels:
            raise RuntimeError(f"einsum(): output subscript {letter} appears more than once in the output")
        elif letter not in counts:
            raise RuntimeError(
                f"einsum(): output subscript {letter} does not appear in the equation for any input operand"
            )
        else:
            labels.append(letter)
    return tuple(labels)


def from_lists(args: tuple[Any, ...]) -> tuple[str, list[Any]]:
    """The equation and the operands of the format `einsum(first, [0, 1], second, [1, 2], [0, 2])`."""
    operands, lists = list(args[0 : len(args) - 1 : 2]), list(args[1::2])
    equation = ",".join(_term(each) for each in lists)
    return (f"{equation}->{_term(args[-1])}" if len(args) % 2 else equation), operands


def _term(subscripts: Any) -> str:
    letters = []
    for each in subscripts:
        if each is not Ellipsis and not 0 <= each < len(LETTERS):
            raise ValueError(
                f"einsum(): subscript in subscript list is not within the valid range [0, {len(LETTERS)}): {each}"
            )
        letters.append("..." if each is Ellipsis else LETTERS[each])
    return "".join(letters)
