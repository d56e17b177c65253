"""Sorts `key=value` overrides: choices from groups, values, and those that cannot be meant, with what is wrong."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from recipes.config.annotations import shown
from recipes.config.errors import Problem, suggestion
from recipes.config.hydra_compose import HydraException, ParsedOverride, parse
from recipes.config.overlay import Overlay, Slot, split
from recipes.config.provenance import value_at
from recipes.config.schema import field_types, schema_at
from recipes.config.search_path import Primary, group_options
from recipes.config.source import Source
from recipes.config.trust import TRUST_KEYS, trust_in_config

_FORMS = "write key=value, +key=value to add or ~key to delete"


@dataclass
class Overrides:
    """Overrides by what they do, in the order in which they were typed."""

    groups: list[ParsedOverride] = field(default_factory=list)
    values: list[ParsedOverride] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def source_of(override: ParsedOverride) -> Source:
    """Name an override as a place."""
    return Source("override", override.text)


def sort_overrides(texts: Sequence[str], primary: Primary) -> Overrides:
    """Parse overrides and part group choices from values; what can be refused without composing is refused."""
    sorted_overrides = Overrides()
    groups = group_options(primary.folders)
    for text in texts:
        try:
            text.encode()
            override = parse(text)
        except (HydraException, UnicodeEncodeError) as error:
            sorted_overrides.problems.append(_unreadable(text, error))
            continue
        if not override.key:
            sorted_overrides.problems.append(Problem("no key stands before the =", Source("override", text), _FORMS))
            continue
        is_choice = override.key in groups and not isinstance(override.value, dict)
        problem = _refusal(override, groups[override.key] if is_choice else None, primary)
        if problem:
            sorted_overrides.problems.append(problem)
        elif is_choice:
            sorted_overrides.groups.append(override)
        else:
            sorted_overrides.values.append(override)
    return sorted_overrides


def _unreadable(text: str, error: HydraException | UnicodeEncodeError) -> Problem:
    source = Source("override", text)
    if isinstance(error, UnicodeEncodeError):
        return Problem("not an override: it holds bytes that are not UTF-8", source)
    if "=" not in text:
        return Problem("not an override", source, _FORMS)
    near = re.search(r"at input '(.+)'", str(error).splitlines()[0])
    where = f", from {near[1]} on" if near else ""
    return Problem(f"not an override: its value cannot be read{where}", source, "quote special characters: key='...'")


def _refusal(override: ParsedOverride, options: list[str] | None, primary: Primary) -> Problem | None:
    """What is wrong with an override as such; `options` are those of the group that it chooses from, if it does."""
    source, key = source_of(override), override.key
    if override.is_sweep:
        hint = f"quote it to mean text, {key}='...', or bracket it to mean a list, {key}=[...]"
        return Problem(f"{key}: several values at once are a sweep, and this is one run", source, hint)
    if split(key.replace("/", "."))[0] == "hydra":
        return Problem("Hydra's own settings are not part of a config here", source)
    if any(name in TRUST_KEYS for name in split(key)):
        return trust_in_config(key, source)
    if options is None:
        return None
    if primary.kind == "run":
        hint = f"change values below {key}, or start from config={primary.experiment}"
        return Problem(f"{key}: a finished run's config is fixed to its parts", source, hint)
    if override.action != "DEL" and not isinstance(override.value, str):
        return Problem(f"{key}: an option is a name, not {shown(override.value)}", source, suggestion("", options))
    if override.action != "DEL" and override.value not in options:
        hint = suggestion(str(override.value), options, list_all=True)
        return Problem(f"the group {key!r} has no option {override.value!r}", source, hint)
    return None


def accept_values(values: Sequence[ParsedOverride], overlay: Overlay) -> tuple[list[str], list[Problem]]:
    """Lay value overrides over what the files gave.

    Returns the accepted ones as Hydra shall see them, and what is wrong with the others. A key that no file sets may
    be set without `+` where its parent says what it allows (a schema, or a class's signature): `check` judges it.
    """
    accepted: list[str] = []
    problems: list[Problem] = []
    for override in values:
        source, key = source_of(override), override.key
        slot = overlay.find(key)
        exists = (slot is not None and slot.present) or _in_a_list(overlay, key)
        if override.action == "DEL":
            problem = _deletion_problem(override, slot, exists)
        elif not exists and (above := _list_above(overlay, key)):
            problem = Problem(f"{key}: {above} is a list and has no such item", source, f"replace it: {above}=[...]")
        elif override.action == "ADD" and exists and not isinstance(override.value, dict | list):
            problem = Problem(f"{key} is set already", source, f"drop the +: {override.text.lstrip('+')}")
        elif override.action == "CHANGE" and not exists and not _may_be_added(overlay, key):
            problem = _unknown_key(override, overlay)
        else:
            problem = None
        if problem:
            problems.append(problem)
            continue
        adds = override.action == "CHANGE" and not exists
        accepted.append(f"++{override.text}" if adds else override.text)
        if override.action == "DEL":
            overlay.delete(key, source)
        elif override.action == "EXTEND_LIST":
            overlay.override(key, [*(slot.value if slot else []), *override.value], source)
        else:
            overlay.override(key, override.value, source)
    return accepted, problems


def _deletion_problem(override: ParsedOverride, slot: Slot | None, exists: bool) -> Problem | None:
    key, source = override.key, source_of(override)
    if not exists:
        return Problem(f"{key} cannot be deleted: nothing sets it", source)
    if override.value is not None and slot is not None and slot.plain() != override.value:
        return Problem(f"{key} is {slot.plain()!r}, not {override.value!r}: nothing is deleted", source)
    return None


def _in_a_list(overlay: Overlay, key: str) -> bool:
    try:
        value_at(overlay.plain(), key)
    except KeyError:
        return False
    return True


def _list_above(overlay: Overlay, key: str) -> str | None:
    """The list that a key would have to lead into."""
    names = split(key)
    for length in range(1, len(names)):
        slot = overlay.find(".".join(names[:length]))
        if slot is not None and slot.present and isinstance(slot.value, list):
            return ".".join(names[:length])
    return None


def _may_be_added(overlay: Overlay, key: str) -> bool:
    """Whether something else than the files says which keys may stand beside this one."""
    *above, _ = split(key)
    if schema_at(".".join(above)):
        return True
    parent = overlay.find(".".join(above))
    return parent is not None and parent.is_mapping and "_target_" in parent.children


def _unknown_key(override: ParsedOverride, overlay: Overlay) -> Problem:
    """Name the first part of the key that stands nowhere, and what stands beside it."""
    *above, name = split(override.key)
    for position, passed in enumerate(above):
        if passed not in _keys_at(overlay, above[:position]):
            above, name = above[:position], passed
            break
    hint = suggestion(name, _keys_at(overlay, above))
    where = f"{'.'.join(above)} has no key {name!r}" if above else f"there is no key {name!r}"
    added = f"a new key is added with +{override.text}"
    return Problem(where, source_of(override), hint if hint.startswith("did") else f"{added}; {hint}".rstrip("; "))


def _keys_at(overlay: Overlay, names: list[str]) -> set[str]:
    """The keys that stand below a key, or that its schema has."""
    key = ".".join(names)
    slot, schema = overlay.find(key) if names else overlay.root, schema_at(key)
    present = {str(own) for own, child in slot.children.items() if child.present} if slot else set()
    return present | set(field_types(schema) if schema else ())
