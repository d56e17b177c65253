"""How a Module prints, and how an error names the layer it came from."""

from __future__ import annotations

from engine.nn.module.attributes import Attributes

_MARK = "in module "


class Text(Attributes):
    """`print(model)`, line by line as PyTorch prints it."""

    def extra_repr(self) -> str:
        """What stands between the brackets besides the children; layers give their settings here."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        settings = self.extra_repr()
        children = [f"({name}): {indented(repr(module))}" for name, module in self._modules.items()]
        return bracketed(self._get_name(), settings.split("\n") if settings else [], children)


def bracketed(name: str, settings: list[str], children: list[str]) -> str:
    """`name(...)` around settings and children: one line if there is a single setting, else a line each."""
    if not children and len(settings) <= 1:
        return f"{name}({''.join(settings)})"
    return "\n  ".join([f"{name}(", *settings, *children]) + "\n)"


def indented(text: str) -> str:
    """The text with all lines but the first moved right by two."""
    return text.replace("\n", "\n  ")


def note_module(error: Exception, module: Text, path: tuple[str, ...]) -> None:
    """Add to an error, once, in which module it was raised: its path in the model and its settings."""
    if failed_module(error) is not None:
        return
    settings = module.extra_repr() if not module._modules else ""
    described = f"{module._get_name()}({settings})"
    where = ".".join(path)
    error.add_note(f"{_MARK}{where} ({described})" if where else f"{_MARK}{described}")


def failed_module(error: BaseException) -> str | None:
    """The module whose forward raised, by path and settings: `2 (Linear(in_features=64, ...))`; None if none did."""
    notes = getattr(error, "__notes__", ())
    return next((note.removeprefix(_MARK) for note in notes if note.startswith(_MARK)), None)
