"""Finds what a `_target_` names, and refuses whatever does not belong to a package that configs may use."""

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from recipes.config.blame import raised
from recipes.config.errors import suggestion
from recipes.config.trust import OURS, user_folder_last

# They assemble parts and are none themselves; a config that could call them could hand out trust.
CLOSED = ("recipes.config", "recipes.run")


class TargetError(ValueError):
    """A `_target_` that cannot be used; the message says why."""


def resolve(target: Any, trusted: Sequence[str] = ()) -> Callable[..., Any]:
    """The class or function called `target`: a module's path, then a name or `Class.method`.

    Only modules inside engine, recipes and the trusted packages are ever imported. Raises TargetError for anything
    outside of them, also where a path only passes through them, and for private names.
    """
    names = _public_names(target)
    allowed = (*OURS, *trusted)
    if not within(target, allowed):
        raise TargetError(f"{target} is outside of {_listed(allowed)}; a package you trust is named with --trust")
    if within(target, CLOSED):
        raise TargetError(f"{target} is not a part: it belongs to what assembles them")
    if not within(target, OURS):
        user_folder_last()
    module, attributes = _longest_module(names, allowed)
    if not attributes:
        raise TargetError(f"{target} is a module, not a class or function in one")
    if len(attributes) > 2 and not hasattr(module, attributes[0]):
        raise TargetError(f"{target}: {module.__name__} has no {attributes[0]!r}{_near(module, attributes[0])}")
    if len(attributes) > 2:
        raise TargetError(f"{target} goes on after the module {module.__name__} with more than Class.method")
    found = _attribute(module, attributes[0], target)
    if len(attributes) == 2:
        if not isinstance(found, type):
            raise TargetError(f"{target}: {attributes[0]} is not a class, so nothing is taken from it")
        _demand_ours(found, target, allowed)
        found = _attribute(found, attributes[1], target)
    _demand_ours(found, target, allowed)
    if not callable(found):
        raise TargetError(f"{target} is a {type(found).__name__}, not a class or function")
    return found


def within(path: str, packages: Sequence[str]) -> bool:
    """Whether a dotted path lies in one of the packages."""
    return any(path == package or path.startswith(f"{package}.") for package in packages)


def _public_names(target: Any) -> list[str]:
    if not isinstance(target, str):
        raise TargetError(f"_target_ is the dotted path of a class or function, not {target!r}")
    names = target.split(".")
    if len(names) < 2 or not all(name.isidentifier() for name in names):
        raise TargetError(f"{target!r} is not a dotted path such as recipes.models.mlp.MLP")
    private = [name for name in names if name.startswith("_")]
    if private:
        raise TargetError(f"{target} names something private: {private[0]}")
    return names


def _longest_module(names: Sequence[str], allowed: Sequence[str]) -> tuple[ModuleType, list[str]]:
    """Import the longest front part of a path that is a module; each module is found inside the one before it."""
    module: ModuleType | None = None
    depth = 0
    for length in range(1, len(names) + 1):
        path = ".".join(names[:length])
        if module is not None and not hasattr(module, "__path__"):
            break
        try:
            if importlib.util.find_spec(path) is None:
                break
            module, depth = importlib.import_module(path), length
        except (Exception, SystemExit) as error:
            # A module runs when it is imported: whatever it may raise.
            raise TargetError(f"{path} cannot be imported: {raised(error)}") from error
    if module is None:
        raise TargetError(f"there is no package {names[0]!r}")
    if not within(module.__name__, allowed):
        raise TargetError(f"{'.'.join(names)} ends in {module.__name__}, outside of {_listed(allowed)}")
    return module, list(names[depth:])


def _attribute(owner: Any, name: str, target: str) -> Any:
    try:
        found = getattr(owner, name)
    except AttributeError:
        raise TargetError(f"{target}: {owner.__name__} has no {name!r}{_near(owner, name)}") from None
    if isinstance(found, ModuleType):
        raise TargetError(f"{target} walks through {name}, a module that {owner.__name__} happens to import")
    return found


def _near(owner: Any, name: str) -> str:
    """Say what `owner` has that looks like `name`."""
    hint = suggestion(name, [own for own, value in vars(owner).items() if own[0] != "_" and callable(value)])
    return f"; {hint}" if hint else ""


def _demand_ours(found: Any, target: str, allowed: Sequence[str]) -> None:
    """What a path leads to must have been made in an allowed package, under a public name."""
    home = getattr(found, "__module__", None)
    if not isinstance(home, str) or not within(home, allowed):
        raise TargetError(f"{target} leads to something of {home or 'another package'}, outside of {_listed(allowed)}")
    if within(home, CLOSED):
        raise TargetError(f"{target} is not a part: it belongs to what assembles them")
    name = getattr(found, "__name__", target.rpartition(".")[2])
    if name.startswith("_"):
        raise TargetError(f"{target} leads to something private: {name}")


def _listed(packages: Sequence[str]) -> str:
    return ", ".join(packages)
