"""Gradient rules as declared: a function and where each of its arguments comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

UPSTREAM, INPUT, OUTPUT, EXTRA, ATTRIBUTE, SHAPE, DTYPE, NEEDS = range(8)


class Source(NamedTuple):
    """One argument of a rule: what it is (UPSTREAM to NEEDS) and the position it is found at."""

    what: int
    position: int


class GradientRule(NamedTuple):
    """A gradient rule and the sources of its arguments, in order."""

    function: Callable[..., Any]
    sources: tuple[Source, ...]


JOINT = GradientRule(lambda: None, ())


def read_rule(op: Any, function: Callable[..., Any]) -> GradientRule:
    """The rule with its argument names resolved; raises TypeError for a name that the op does not have."""
    code = function.__code__
    return GradientRule(function, tuple(_source(op, name) for name in code.co_varnames[: code.co_argcount]))


def _source(op: Any, name: str) -> Source:
    indices = op.signature.indices
    inputs = op.signature.inputs
    if name == "g" and not op.fields:
        return Source(UPSTREAM, 0)
    if name.startswith("g_") and name[2:] in op.fields:
        return Source(UPSTREAM, op.fields.index(name[2:]))
    if name in indices:
        return Source(INPUT if indices[name] in inputs else ATTRIBUTE, indices[name])
    if name == "y" and not op.fields and not op.many:
        return Source(OUTPUT, 0)
    if name in op.fields:
        return Source(OUTPUT, op.fields.index(name))
    if name in op.saved:
        return Source(EXTRA, op.saved.index(name))
    if name == "needs":
        return Source(NEEDS, 0)
    for prefix, what in (("shape_of_", SHAPE), ("dtype_of_", DTYPE)):
        if name.startswith(prefix) and indices.get(name.removeprefix(prefix)) in inputs:
            return Source(what, indices[name.removeprefix(prefix)])
    raise TypeError(
        f"a gradient rule of {op.name} asks for {name!r}, which is no input, output, attribute or saved value of it"
    )
