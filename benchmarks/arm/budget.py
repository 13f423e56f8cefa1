"""Instruction budget of the shipped networks and of `analyze`."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from edge_siamese.arm_cost import CORES
from edge_siamese.errors import DataError

from .report import Row

BUDGET_FILE = "budget.toml"


@dataclass(frozen=True)
class Excess:
    """A count that is over its budget, or missing.

    Attributes:
        word: what the budget calls it, as on the command line.
        core: name of the core.
        allowed: instructions.
        counted: instructions; None when it was not counted.
    """

    word: str
    core: str
    allowed: int
    counted: float | None

    def __str__(self) -> str:
        if self.counted is None:
            return f"{self.word} on {self.core}: not counted"
        more = 100 * (self.counted / self.allowed - 1)
        return f"{self.word} on {self.core}: {self.counted:,.0f} instructions, {more:.2f} % over {self.allowed:,}"


@dataclass(frozen=True)
class Budget:
    """Allowed instructions of one run.

    Attributes:
        allowed: by word of the command line, then by core.
    """

    allowed: Mapping[str, Mapping[str, int]]

    @classmethod
    def shipped(cls) -> "Budget":
        """The one beside this module."""
        return cls.parse(files(__package__).joinpath(BUDGET_FILE).read_text(), BUDGET_FILE)

    @classmethod
    def read(cls, path: Path) -> "Budget":
        """Read a file.

        Raises:
            DataError: the file cannot be read, or is not a budget.
        """
        try:
            return cls.parse(path.read_text(), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{path}: expected a budget, cannot read it ({error})") from error

    @classmethod
    def parse(cls, text: str, name: str = "budget") -> "Budget":
        """Read TOML: a table for each word, in it the instructions for each core."""
        try:
            tables = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise DataError(f"{name}: expected TOML ({error})") from error
        for word, cores in tables.items():
            if not isinstance(cores, dict) or not cores:
                raise DataError(f"{name}: expected a table of cores for {word!r}, found {cores!r}")
            for core, allowed in cores.items():
                if core not in CORES or type(allowed) is not int or allowed <= 0:
                    raise DataError(
                        f"{name}: {word}: expected {', '.join(CORES)} and instructions, found {core} = {allowed!r}"
                    )
        if not tables:
            raise DataError(f"{name}: expected at least one table, found none")
        return cls(tables)

    @property
    def words(self) -> list[str]:
        """What to count."""
        return list(self.allowed)

    @property
    def cores(self) -> list[str]:
        """On which cores."""
        return [core for core in CORES if any(core in cores for cores in self.allowed.values())]

    def to_json(self) -> dict[str, dict[str, int]]:
        """The allowed instructions, as JSON."""
        return {word: dict(cores) for word, cores in self.allowed.items()}

    def check(self, rows: Sequence[Row], names: Mapping[str, str]) -> list[Excess]:
        """What is over the budget, or was not counted.

        Args:
            rows: counts.
            names: the name in `rows` of each word.
        """
        counted = {row.name: row.instructions for row in rows if not row.part}
        excesses = []
        for word, cores in self.allowed.items():
            for core, allowed in cores.items():
                found = counted.get(names.get(word, word), {}).get(core)
                if found is None or found > allowed:
                    excesses.append(Excess(word, core, allowed, found))
        return excesses
