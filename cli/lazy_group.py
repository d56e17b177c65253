"""A group of commands that imports a command's file only when the command is asked for."""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """A group whose commands are named as `module:function`, listed in the order given."""

    def __init__(self, *arguments: Any, lazy: Mapping[str, str], **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._lazy = dict(lazy)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, None where there is none."""
        if cmd_name not in self._lazy:
            return None
        module, _, function = self._lazy[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), function)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names; UsageError suggests one where it names none."""
        if args[0] not in self._lazy and not ctx.resilient_parsing:
            raise click.UsageError(f"There is no command {args[0]!r}. {self._hint(ctx, args[0])}", ctx)
        return super().resolve_command(ctx, args)

    def _hint(self, ctx: click.Context, given: str) -> str:
        if "=" in given and "train" in self._lazy:
            return f"Did you mean '{ctx.command_path} train {given}'?"
        close = get_close_matches(given, self._lazy, n=1)
        return f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(self._lazy)}."
