"""Configuration files ``edge-siamese.toml``: where they are searched, and the value that wins.

A table has the name of a command, its keys are the command's long options without dashes::

    [common]                      # for every command that has the option
    gallery = "family.esg"

    [run]
    camera = "picamera2"
    target-fpir = 0.01

    [gallery.build]
    strategy = "mean"

A value of an option comes from the first of these: the command line, an environment variable
(``EDGE_SIAMESE_RUN_CAMERA``), ``./edge-siamese.toml``, the user's file, the system's file, the option's default. Within a
file the command's table wins over ``[common]``.
"""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from .errors import DataError

FILE_NAME = "edge-siamese.toml"
ENVIRONMENT = "EDGE_SIAMESE_"
COMMON = "common"
COMMON_KEYS = ("delegate", "detector", "embedder", "gallery", "target-fmr", "target-fpir", "threads")
"""Keys of ``[common]``: options of several commands that mean the same everywhere. Add an option's name to add a key."""
TRUST = "trust"
TRUST_KEYS = (
    "require-signature",
    "trusted-keys",
    "revoked-keys",
    "decryption-key",
    "signing-key",
    "sequence-state",
    "audit-log",
)
"""Keys of ``[trust]``, the policy about galleries; see `gallery.trust.policy`."""


@dataclass(frozen=True)
class ConfiguredValue:
    """A value that is not from the command line.

    Attributes:
        value: as in the file or environment: text, number, truth value or list; dates are text.
        origin: the file, or ``$`` and the name of the environment variable.
        folder: folder that a relative path is relative to; None for the current folder.
    """

    value: Any
    origin: str
    folder: Path | None = None


@dataclass(frozen=True)
class ConfigurationFile:
    """One file that was read.

    Attributes:
        path: of the file.
        tables: its content.
    """

    path: Path
    tables: Mapping[str, Any]

    def table(self, words: Sequence[str]) -> Mapping[str, Any]:
        """The table of a command, or an empty one.

        Raises:
            DataError: something else than a table is there.
        """
        found: Mapping[str, Any] = self.tables
        for depth, word in enumerate(words, start=1):
            inner = found.get(word, {})
            if not isinstance(inner, Mapping):
                name = ".".join(words[:depth])
                raise DataError(f"{self.path}: expected a table [{name}], found a value", path=self.path)
            found = inner
        return found


class LayeredConfiguration:
    """Values from the environment and from files.

    Args:
        files: the one that wins first.
        environment: variables of the process.
    """

    def __init__(self, files: Sequence[ConfigurationFile] = (), environment: Mapping[str, str] | None = None) -> None:
        self.files = tuple(files)
        self._environment = os.environ if environment is None else environment

    @classmethod
    def read(cls, paths: Iterable[Path], environment: Mapping[str, str] | None = None) -> "LayeredConfiguration":
        """Read the files that exist; the one that wins first.

        Raises:
            DataError: a file cannot be read or is not TOML.
        """
        return cls([read_file(path) for path in paths if _is_there(path)], environment)

    def find(self, words: Sequence[str], key: str) -> ConfiguredValue | None:
        """The value of an option of a command, or None if neither environment nor files have one.

        Args:
            words: of the command, such as ``("gallery", "build")``.
            key: long name of the option without dashes.
        """
        tables = [(*words,), (COMMON,)] if key in COMMON_KEYS else [(*words,)]
        for table in tables:
            variable = variable_of(() if table == (COMMON,) else table, key)
            if variable in self._environment:
                return ConfiguredValue(self._environment[variable], f"${variable}")
        for file in self.files:
            for table in tables:
                found = file.table(table)
                if key in found and not isinstance(found[key], Mapping):
                    return ConfiguredValue(_plain(found[key]), str(file.path), file.path.resolve().parent)
        return None


def variable_of(words: Sequence[str], key: str) -> str:
    """Environment variable of an option: ``EDGE_SIAMESE_RUN_TARGET_FPIR``."""
    return ENVIRONMENT + "_".join((*words, key)).replace("-", "_").upper()


def search_paths(environment: Mapping[str, str] | None = None) -> list[Path]:
    """Where files are searched, the one that wins first. ``EDGE_SIAMESE_CONFIG`` names the only one."""
    variables = os.environ if environment is None else environment
    if only := variables.get(ENVIRONMENT + "CONFIG"):
        return [Path(only)]
    home = Path(variables.get("XDG_CONFIG_HOME") or Path(variables.get("HOME", "/"), ".config"))
    return [Path(FILE_NAME), home / "edge-siamese" / FILE_NAME, Path("/etc/edge-siamese", FILE_NAME)]


def read_file(path: Path) -> ConfigurationFile:
    """Read a configuration file.

    Raises:
        DataError: it cannot be read, is not TOML, or has a value outside of tables.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        tables = tomllib.loads(text)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})", path=path) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: expected a configuration file (TOML), found no UTF-8 text", path=path) from error
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path}: expected a configuration file (TOML): {error}", path=path) from error
    for name, table in tables.items():
        if not isinstance(table, Mapping):
            raise DataError(
                f"{path}: '{name}' stands outside of a table; expected it below [{COMMON}] or a command such as [run]",
                path=path,
            )
    return ConfigurationFile(path, tables)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'gallery'?`` for a misspelled word, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def _is_there(path: Path) -> bool:
    """Whether a file exists; one in a folder that may not be entered does not."""
    try:
        return path.exists()
    except PermissionError:
        return False


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return [_plain(item) for item in value] if isinstance(value, list) else value
