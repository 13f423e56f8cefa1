"""Values of the configuration as defaults of a command's options (click's ``default_map``)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ...configuration import (
    COMMON,
    COMMON_KEYS,
    TRUST,
    TRUST_KEYS,
    ConfigurationFile,
    ConfiguredValue,
    LayeredConfiguration,
    did_you_mean,
)
from ...errors import DataError
from .options import Model, Once

UNCONFIGURED = ("config", "doctor", "support-report")
"""Commands that run with a configuration that has mistakes."""


@dataclass(frozen=True)
class ConfiguredCommand:
    """A command whose options can be configured.

    Attributes:
        words: that call it, such as ``("gallery", "build")``.
        command: the command.
        context: of the command.
    """

    words: tuple[str, ...]
    command: click.Command
    context: click.Context

    def options(self) -> dict[str, click.Option]:
        """The options by key: the long name without dashes."""
        found = {}
        for param in self.command.get_params(self.context):
            name = next((name for name in param.opts if name.startswith("--")), None)
            if isinstance(param, click.Option) and name is not None and not param.is_eager:
                found[name.removeprefix("--")] = param
        return found

    def children(self) -> "Iterator[ConfiguredCommand]":
        """The commands of a group."""
        if isinstance(self.command, click.Group):
            for name in self.command.list_commands(self.context):
                if (child := self.child(name)) is not None:
                    yield child

    def child(self, name: str) -> "ConfiguredCommand | None":
        """A command of a group by its name."""
        if not isinstance(self.command, click.Group):
            return None
        command = self.command.get_command(self.context, name)
        if command is None:
            return None
        context = click.Context(command, info_name=name, parent=self.context)
        return ConfiguredCommand((*self.words, name), command, context)


def apply_configuration(context: click.Context, configuration: LayeredConfiguration) -> None:
    """Make the configured values defaults of the command that the root command is about to run.

    Raises:
        DataError: a value or table of this command, or of all commands, is not as expected.
    """
    name = context.invoked_subcommand
    if name is None:
        return
    root = ConfiguredCommand((), context.command, context)
    for file in configuration.files:
        check_top(file, root)
    command = root.child(name)
    if command is not None:
        context.default_map = {name: _defaults(command, configuration)}


def check_top(file: ConfigurationFile, root: ConfiguredCommand) -> None:
    """Check the names of tables, and the keys of ``[common]`` and ``[trust]``.

    Raises:
        DataError: a table or key is unknown.
    """
    assert isinstance(root.command, click.Group)
    known = [COMMON, TRUST, *root.command.list_commands(root.context)]
    for name in file.tables:
        if name not in known:
            raise DataError(f"{file.path}: unknown table [{name}]{did_you_mean(name, known)}", path=file.path)
    for table, keys in ((COMMON, COMMON_KEYS), (TRUST, TRUST_KEYS)):
        for key in file.table([table]):
            if key not in keys:
                near = did_you_mean(key, keys)
                raise DataError(f"{file.path}: unknown key '{key}' in [{table}]{near}", path=file.path)


def check_keys(file: ConfigurationFile, command: ConfiguredCommand) -> None:
    """Check the keys of a command's table.

    Raises:
        DataError: a key is unknown.
    """
    children = command.command.list_commands(command.context) if isinstance(command.command, click.Group) else []
    known = [*command.options(), *children]
    for key in file.table(command.words):
        if key not in known:
            name = ".".join(command.words)
            raise DataError(f"{file.path}: unknown key '{key}' in [{name}]{did_you_mean(key, known)}", path=file.path)


def settings_of(command: ConfiguredCommand, configuration: LayeredConfiguration) -> dict[str, ConfiguredValue]:
    """Checked settings of a command by key.

    Raises:
        DataError: a key is unknown, or a value is not one that the option takes.
    """
    for file in configuration.files:
        check_keys(file, command)
    found = {}
    for key, option in command.options().items():
        setting = configuration.find(command.words, key)
        if setting is not None:
            found[key] = _checked(setting, key, option, command)
    return found


def _defaults(command: ConfiguredCommand, configuration: LayeredConfiguration) -> dict[str, Any]:
    options, settings = command.options(), settings_of(command, configuration)
    found: dict[str, Any] = {str(options[key].name): setting.value for key, setting in settings.items()}
    return found | {child.words[-1]: _defaults(child, configuration) for child in command.children()}


def _checked(setting: ConfiguredValue, key: str, option: click.Option, command: ConfiguredCommand) -> ConfiguredValue:
    """A setting whose value the option takes; paths of a file are relative to the file's folder."""
    where = f"[{'.'.join(command.words)}] {key}"
    value = setting.value
    if setting.folder is not None and option.is_flag != isinstance(value, bool):
        expected = "true or false" if option.is_flag else "a text or number"
        raise DataError(f"{setting.origin}: {where}: expected {expected}, found {_written(value)}", path=setting.origin)
    several = option.multiple and not isinstance(option, Once)
    if several and isinstance(value, str):
        value = option.type.split_envvar_value(value) if setting.folder is None else [value]
    if isinstance(value, list) and not several:
        raise DataError(f"{setting.origin}: {where}: expected one value, found a list", path=setting.origin)
    items = [_in_folder(item, setting.folder, option.type) for item in (value if isinstance(value, list) else [value])]
    for item in items:
        try:
            option.type.convert(item, option, command.context)
        except click.BadParameter as error:
            raise DataError(f"{setting.origin}: {where}: {error.message}", path=setting.origin) from error
    return ConfiguredValue(tuple(items) if option.multiple else items[0], setting.origin, setting.folder)


def _in_folder(value: Any, folder: Path | None, kind: "click.ParamType[Any]") -> Any:
    """A path of a configuration file, relative to the file's folder; ``~`` is the home folder."""
    if not isinstance(value, str) or not value or folder is None:
        return value
    path = folder / Path(value).expanduser()
    if isinstance(kind, click.Path) or (isinstance(kind, Model) and path.exists()):
        return str(path)
    return value


def _written(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else f"'{value}'"


def shown_value(value: Any) -> Any:
    """A value for `config show`: paths as text, passwords of URLs hidden."""
    if isinstance(value, Mapping | list | tuple):
        return [shown_value(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, str) and "://" in value:
        scheme, _, rest = value.partition("://")
        login, at, host = rest.rpartition("@")
        return f"{scheme}://{login.partition(':')[0]}:***@{host}" if at and ":" in login else value
    return value
