"""Click group that imports a command only when it runs."""

import difflib
import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from ...installation import install_command


@dataclass(frozen=True)
class Entry:
    """Location of a command, its line in ``--help``, and the optional packages it needs.

    Attributes:
        target: ``"module:attribute"``.
        help: one line.
        needs: import names of optional packages.
        extra: the extra of this distribution that installs them.
    """

    target: str
    help: str
    needs: tuple[str, ...] = ()
    extra: str = ""


class MissingExtraError(click.ClickException):
    """An optional package that a command or option needs is not installed.

    Args:
        what: the command or option.
        package: import name of the package.
        extra: the extra of this distribution that installs it.
    """

    exit_code = 2

    def __init__(self, what: str, package: str, extra: str) -> None:
        super().__init__(f"{what} needs {package}, which is not installed: {install_command(f'edge-siamese[{extra}]')}")


class LazyGroup(click.Group):
    """Lists commands from a table of `Entry` and imports a command when it is used."""

    def __init__(self, *args: Any, entries: Mapping[str, Entry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*self.entries, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self.entries.get(cmd_name)
        if entry is None:
            return super().get_command(ctx, cmd_name)
        missing = [package for package in entry.needs if importlib.util.find_spec(package) is None]
        if missing:
            raise MissingExtraError(f"'{cmd_name}'", missing[0], entry.extra)
        module, attribute = entry.target.split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command named by the first argument; the error for an unknown command suggests similar names."""
        known = self.list_commands(ctx)
        if args and not args[0].startswith("-") and args[0] not in known:
            near = difflib.get_close_matches(args[0], known, n=2)
            advice = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
            ctx.fail(f"No such command '{args[0]}'.{advice}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, self._line(name, ctx)) for name in self.list_commands(ctx)]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def _line(self, name: str, ctx: click.Context) -> str:
        if name in self.entries:
            return self.entries[name].help
        command = self.get_command(ctx, name)
        return command.get_short_help_str(100) if command else ""
