"""Finds everything that is wrong with a composed config before any data is read."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from recipes.config.annotations import mismatch, shown
from recipes.config.compose import Composed, compose
from recipes.config.errors import ConfigError, Problem, suggestion
from recipes.config.instantiate import PARTIAL, TARGET
from recipes.config.overlay import MISSING
from recipes.config.schema import Experiment, Part, field_types, required_keys, schema_of
from recipes.config.signatures import Parameters, parameters_of
from recipes.config.targets import TargetError, resolve
from recipes.config.trust import TRUST_KEYS, trust_in_config


def prepare(
    experiment: str, overrides: Sequence[str] = (), trusted: Sequence[str] = (), *, user_folder: Path | None = None
) -> Composed:
    """Compose and check a config: what comes back can be run.

    Raises ConfigError with every problem at once.
    """
    composed = compose(experiment, overrides, user_folder=user_folder)
    problems = check(composed, trusted)
    if problems:
        raise ConfigError(problems)
    return composed


def check(composed: Composed, trusted: Sequence[str] = ()) -> list[Problem]:
    """All problems of a composed config: keys, types, values that must be given, and every `_target_`.

    Those of the command line come first, then file by file from top to bottom.
    """
    checker = Checker(composed, tuple(trusted))
    found = [*composed.problems, *checker.mapping("", composed.config, Experiment), *checker.trust("", composed.config)]
    return sorted(dict.fromkeys(found), key=_place)


def _place(problem: Problem) -> tuple[bool, str, int]:
    source = problem.source
    if source is None or source.kind != "file":
        return (False, "", 0)
    return (True, source.text, source.line or 0)


class Checker:
    """One pass over a config; each method yields what is wrong at and below a key."""

    def __init__(self, composed: Composed, trusted: tuple[str, ...]) -> None:
        self.composed = composed
        self.trusted = trusted

    def problem(self, key: str, message: str, hint: str = "") -> Problem:
        """A problem at a key, with the place that set it."""
        return Problem(message, self.composed.provenance.source(key), hint)

    def trust(self, key: str, value: Any) -> Iterator[Problem]:
        """A config never says which packages are trusted."""
        for name, child in _children(value):
            below = _below(key, name)
            if name in TRUST_KEYS:
                yield trust_in_config(below, self.composed.provenance.source(below))
            else:
                yield from self.trust(below, child)

    def mapping(self, key: str, value: dict[str, Any], schema: type) -> Iterator[Problem]:
        """A node of ours against its schema."""
        types = field_types(schema)
        for name, child in value.items():
            below = _below(key, name)
            if name in types:
                yield from self.value(below, child, types[name])
            elif name not in TRUST_KEYS:
                where = f"{key} has no key {name!r}" if key else f"there is no key {name!r}"
                yield self.problem(below, where, suggestion(str(name), types))
                yield from self.anything(below, child)
        for name in required_keys(schema):
            if name not in value:
                yield self._missing(_below(key, name))

    def value(self, key: str, value: Any, annotation: Any) -> Iterator[Problem]:
        """A value against the type that its key has."""
        schema = schema_of(annotation)
        if value == MISSING:
            if key not in self.composed.unresolved:
                yield self._missing(key)
        elif schema is not None and isinstance(value, dict):
            yield from self.mapping(key, value, schema)
        elif schema is not None:
            yield self.problem(key, f"{key}: {shown(value)} stands where a mapping is expected")
        elif annotation is Part or (_allows_part(annotation) and value is not None):
            yield from self.part(key, value)
        elif _is_parts(annotation):
            yield from self.parts(key, value)
        else:
            expected = mismatch(value, annotation)
            if expected:
                yield self._wrong_type(key, value, expected)
            yield from self.anything(key, value)

    def parts(self, key: str, value: Any) -> Iterator[Problem]:
        """Parts by name; null switches one off."""
        if not isinstance(value, dict):
            yield self._wrong_type(key, value, "a mapping of parts by name")
            return
        for name, child in value.items():
            if child is not None and name not in TRUST_KEYS:
                yield from self.part(_below(key, name), child)

    def part(self, key: str, value: Any) -> Iterator[Problem]:
        """A node that must have a `_target_`."""
        if isinstance(value, dict) and TARGET in value:
            yield from self.anything(key, value)
        elif isinstance(value, dict):
            yield self.problem(key, f"{key} has no _target_ that says what it is", self._options(key))
        else:
            yield self._wrong_type(key, value, "a part, which is a mapping with a _target_")

    def anything(self, key: str, value: Any) -> Iterator[Problem]:
        """Every `_target_` at and below a key."""
        if isinstance(value, dict) and TARGET in value:
            yield from self.target(key, value)
        else:
            for name, child in _children(value):
                below = _below(key, name)
                if child == MISSING and below not in self.composed.unresolved:
                    yield self._missing(below)
                yield from self.anything(below, child)

    def target(self, key: str, node: dict[str, Any]) -> Iterator[Problem]:
        """A part against the signature of what it names."""
        at = _below(key, TARGET)
        given = {name: child for name, child in node.items() if name not in (TARGET, PARTIAL)}
        if PARTIAL in node and not isinstance(node[PARTIAL], bool):
            yield self._wrong_type(_below(key, PARTIAL), node[PARTIAL], "true or false")
        try:
            parameters = parameters_of(resolve(node[TARGET], self.trusted))
        except TargetError as error:
            yield self.problem(at, f"{at}: {error}")
            yield from (found for name, child in given.items() for found in self.anything(_below(key, name), child))
            return
        for name, child in given.items():
            yield from self.argument(_below(key, name), name, child, parameters)
        for name in parameters.required:
            if name not in node and not node.get(PARTIAL):
                yield self.problem(at, f"{key}: {parameters.name} needs {name!r}", f"{_below(key, name)}=...")

    def argument(self, key: str, name: str, value: Any, parameters: Parameters) -> Iterator[Problem]:
        """One argument of a part."""
        if name in TRUST_KEYS:
            return
        if not parameters.accepts(name):
            hint = suggestion(name, parameters.types)
            yield self.problem(key, f"{key.rpartition('.')[0]}: {parameters.name} has no argument {name!r}", hint)
            yield from self.anything(key, value)
        elif value == MISSING:
            if key not in self.composed.unresolved:
                yield self._missing(key)
        else:
            expected = mismatch(value, parameters.types.get(name, Any))
            if expected:
                yield self._wrong_type(key, value, expected)
            yield from self.anything(key, value)

    def _missing(self, key: str) -> Problem:
        options = self._options(key)
        return self.problem(key, f"{key} must be given", options or f"{key}=...")

    def _wrong_type(self, key: str, value: Any, expected: str) -> Problem:
        hint = ""
        if expected.startswith(("text", "a path")) and isinstance(value, int | float):
            hint = "quote it to mean text"
        elif isinstance(value, float) and value.is_integer() and "whole" in expected:
            hint = f"write {int(value)}"
        return self.problem(
            key, f"{key}: {shown(value)} stands where {expected} is expected", hint or self._options(key)
        )

    def _options(self, key: str) -> str:
        """How to pick a part where the key is a group's."""
        options = self.composed.groups.get(key)
        return f"pick one with {key}=OPTION: {', '.join(options)}" if options else ""


def _children(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _below(key: str, name: Any) -> str:
    return f"{key}.{name}" if key else str(name)


def _allows_part(annotation: Any) -> bool:
    return Part in getattr(annotation, "__args__", ()) and not _is_parts(annotation)


def _is_parts(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) is dict
