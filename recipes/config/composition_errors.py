"""Turns what Hydra refuses while it composes into a problem with a file and a line."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from yaml import YAMLError

from recipes.config.errors import ConfigError, Problem, suggestion
from recipes.config.hydra_compose import REFUSALS, MissingConfigException
from recipes.config.marked_yaml import Marked, not_yaml, read_marked
from recipes.config.overrides import Overrides, source_of
from recipes.config.search_path import Primary, find_config, group_options
from recipes.config.source import Source


@contextmanager
def explained(primary: Primary, given: Overrides) -> Iterator[None]:
    """Turn what Hydra refuses into a ConfigError, beside the problems that are known already."""
    try:
        yield
    except (*REFUSALS, RecursionError) as error:
        raise ConfigError([*given.problems, _refused(error, primary, given)]) from error


def _refused(error: Exception, primary: Primary, given: Overrides) -> Problem:
    message = str(error)
    if isinstance(error, RecursionError):
        return Problem("its defaults list leads back to itself", Source("file", str(primary.path)))
    if isinstance(error, YAMLError | UnicodeDecodeError):
        return not_yaml(error, primary.path)
    if isinstance(error, MissingConfigException) and error.missing_cfg_file:
        return _missing_part(error.missing_cfg_file, message, primary)
    unmatched = re.search(r"Could not (?:override|delete) '?([\w/@.]+)'?\. No match in the defaults list", message)
    for override in given.groups:
        if unmatched and override.key == unmatched[1].lstrip("~"):
            hint = f"add one with +{override.text.lstrip('~')}"
            return Problem(
                f"{primary.experiment} has no part from the group {override.key!r}", source_of(override), hint
            )
    told = [line.strip() for line in message.splitlines() if not re.match(r"\s*(full_key|object_type)", line)]
    return Problem(" ".join(told), Source("file", str(primary.path)))


def _missing_part(name: str, message: str, primary: Primary) -> Problem:
    """A defaults list names a part that is in no folder of the search path."""
    group, _, option = name.rpartition("/")
    options = group_options(primary.folders).get(group, [])
    what = f"the group {group!r} has no option {option!r}" if group else f"there is no config {name!r}"
    hint = suggestion(option, options, list_all=True)
    parent = re.search(r"In '([^']+)'", message)
    path = find_config(parent[1], primary.folders) if parent else primary.path
    if path is None:
        return Problem(what, None, hint)
    file = read_marked(path)
    line = next((entry.line for entry in file.entries if _names(entry, group, option)), 1)
    return Problem(what, file.source(line), hint)


def _names(entry: Marked, group: str, option: str) -> bool:
    """Whether an item of a defaults list picks the option from the group."""
    if not isinstance(entry.value, dict):
        return not group and entry.value == option
    for key, value in entry.value.items():
        picked = str(key).removeprefix("override ").removeprefix("optional ").split("@")[0].strip("/")
        if picked == group and value == option:
            return True
    return False
