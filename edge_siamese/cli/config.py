"""``edge-siamese config``: shows and checks the configuration files."""

from pathlib import Path
from typing import Any

import click

from ..configuration import LayeredConfiguration, did_you_mean, search_paths
from ..errors import DataError
from .shared.configured import ConfiguredCommand, check_keys, check_top, settings_of, shown_value
from .shared.options import json_option
from .shared.output import emit_json, table


@click.group()
def config() -> None:
    """Show and check the configuration: files, environment variables and where each value comes from.

    Files are searched as ./edge-siamese.toml, ~/.config/edge-siamese/edge-siamese.toml and
    /etc/edge-siamese/edge-siamese.toml; the environment variable EDGE_SIAMESE_CONFIG names the only one.
    """


@config.command()
@click.argument("words", metavar="[COMMAND]...", nargs=-1)
@json_option
def show(words: tuple[str, ...], as_json: bool) -> None:
    """Show every option of a command (default: run) with its value and where the value comes from."""
    paths = search_paths()
    configuration = LayeredConfiguration.read(paths)
    root = _root()
    for file in configuration.files:
        check_top(file, root)
    command = _command(root, words or ("run",))
    settings = settings_of(command, configuration)
    rows = []
    for key, option in command.options().items():
        setting = settings.get(key)
        default = option.get_default(command.context, call=True)
        value = setting.value if setting else default if _is_plain(default) else None
        if option.multiple and isinstance(value, list | tuple):
            value = list(value) or None
            value = value[0] if value and len(value) == 1 else value
        rows.append({"key": key, "value": shown_value(value), "origin": setting.origin if setting else "default"})
    if as_json:
        files = [{"path": str(path), "found": path.exists()} for path in paths]
        emit_json("config-show", {"command": " ".join(command.words), "files": files, "settings": rows})
        return
    for path in paths:
        click.echo(f"# {path}{'' if path.exists() else ' (not there)'}")
    click.echo(f"[{'.'.join(command.words)}]")
    click.echo(table([[row["key"], _toml(row["value"]), row["origin"]] for row in rows], align="<"))


@config.command()
@json_option
def check(as_json: bool) -> None:
    """Check the tables, keys and values of every configuration file; the exit code is 2 if something is wrong."""
    paths = [path for path in search_paths() if path.exists()]
    configuration, root = LayeredConfiguration.read(paths), _root()
    problems = []
    for file in configuration.files:
        problems += _problems(lambda file=file: check_top(file, root))
        for command in _named(root, file.tables):
            problems += _problems(lambda file=file, command=command: check_keys(file, command))
            alone = LayeredConfiguration([file], {})
            problems += _problems(lambda alone=alone, command=command: settings_of(command, alone))
    problems = list(dict.fromkeys(problems))
    if as_json:
        emit_json("config-check", {"files": [str(path) for path in paths], "problems": problems})
    else:
        click.echo("\n".join(problems or [f"{path}: ok" for path in paths] or ["no configuration file is there"]))
    if problems:
        raise click.exceptions.Exit(2)


def _problems(examine: Any) -> list[str]:
    try:
        examine()
    except DataError as error:
        return [str(error)]
    return []


def _named(root: ConfiguredCommand, tables: Any) -> list[ConfiguredCommand]:
    """The commands whose tables a file has; commands whose packages are not installed are left out."""
    found = []
    for name, content in tables.items():
        try:
            command = root.child(name)
        except click.ClickException:
            continue
        if command is not None:
            below = {key: value for key, value in content.items() if isinstance(value, dict)}
            found += [command, *_named(command, below)]
    return found


def _root() -> ConfiguredCommand:
    context = click.get_current_context().find_root()
    from .main import root

    return ConfiguredCommand((), root, context if context.command is root else click.Context(root))


def _command(root: ConfiguredCommand, words: tuple[str, ...]) -> ConfiguredCommand:
    command = root
    for word in words:
        child = command.child(word)
        if child is None:
            known = command.command.list_commands(command.context) if isinstance(command.command, click.Group) else []
            raise click.UsageError(f"no command '{' '.join(words)}'{did_you_mean(word, known)}")
        command = child
    return command


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str | Path | list | tuple)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    return "-" if value is None else str(value)
