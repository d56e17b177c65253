"""A module called with other parameters and buffers than its own, which it keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

Place = tuple[dict[str, Any], str]


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    args: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """What the module gives when tensors of these names stand where its own do (torch.func.functional_call).

    Several dicts share no key. What shares a tensor in the module shares the given one too, unless `tie_weights` is
    False. Raises ValueError for keys given twice, and with `strict` RuntimeError for missing and unexpected ones.
    """
    given = _joined(parameter_and_buffer_dicts)
    places = _places(module)
    if strict:
        _check_keys(module, given, places)
    if tie_weights:
        given = _tied(given, places)
    arguments = () if args is None else args if isinstance(args, tuple) else (args,)
    with _exchanged([(places[name], value) for name, value in given.items() if name in places]):
        return module(*arguments, **(kwargs or {}))


def _joined(dicts: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if isinstance(dicts, Mapping):
        return dict(dicts)
    if not isinstance(dicts, Sequence) or not all(isinstance(each, Mapping) for each in dicts):
        raise ValueError(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got "
            f"{type(dicts).__name__}"
        )
    joined: dict[str, Any] = {}
    for each in dicts:
        twice = sorted(joined.keys() & each.keys())
        if twice:
            raise ValueError(f"{twice} appeared in multiple dictionaries; behavior of functional call is ambiguous")
        joined |= each
    return joined


def _places(module: Any) -> dict[str, Place]:
    """Where each parameter and buffer is registered, shared ones under each of their names."""
    return {
        f"{path}.{name}" if path else name: (registry, name)
        for path, each in module.named_modules(remove_duplicate=False)
        for registry in (each._parameters, each._buffers)
        for name, tensor in registry.items()
        if tensor is not None
    }


def _check_keys(module: Any, given: dict[str, Any], places: dict[str, Place]) -> None:
    unexpected = [key for key in given if key not in places]
    known = {id(places[key][0][places[key][1]]) for key in given if key in places}
    missing = [key for key, (registry, name) in places.items() if id(registry[name]) not in known]
    problems = [f"Unexpected key(s): {', '.join(unexpected)}."] if unexpected else []
    problems += [f"Missing key(s): {', '.join(missing)}."] if missing else []
    if problems:
        raise RuntimeError(f"Error(s) in reparametrizing for {type(module).__name__}:\n\t" + "\n\t".join(problems))


def _tied(given: dict[str, Any], places: dict[str, Place]) -> dict[str, Any]:
    """The given tensors also under the other names of what they replace."""
    names: dict[int, list[str]] = {}
    for name, (registry, key) in places.items():
        names.setdefault(id(registry[key]), []).append(name)
    result = dict(given)
    for together in names.values():
        values = [given[name] for name in together if name in given]
        if any(value is not values[0] for value in values):
            raise ValueError(
                f"functional_call got multiple values for keys {together}, which are tied. Consider using "
                "tie_weights=False"
            )
        if values:
            result.update(dict.fromkeys(together, values[0]))
    return result


@contextmanager
def _exchanged(exchanges: list[tuple[Place, Any]]) -> Iterator[None]:
    own = [(registry, name, registry[name]) for (registry, name), _ in exchanges]
    try:
        for (registry, name), value in exchanges:
            registry[name] = value
        yield
    finally:
        for registry, name, value in own:
            registry[name] = value
