"""Cost of imports: time of each package that the device loop imports, by Python's ``-X importtime``."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from edge_siamese.errors import EdgeSiameseError

LOOP_IMPORTS = (
    "import edge_siamese.cli.run, edge_siamese.cameras, edge_siamese.events, edge_siamese.gallery.updates, "
    "edge_siamese.verifier, edge_siamese.tflite.runtime as runtime; runtime.find_runtime()"
)
_LINE = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \|( +)(\S+)")


@dataclass(frozen=True)
class ImportCost:
    """Time to import the modules of one package.

    Attributes:
        package: its first name, such as ``"cv2"``.
        modules: number of its modules.
        microseconds: their own time, without what they import of other packages.
    """

    package: str
    modules: int
    microseconds: int


def parse_import_times(text: str) -> Iterator[tuple[str, int]]:
    """Module and own microseconds of each line that ``-X importtime`` wrote; other lines are left out."""
    for line in text.splitlines():
        if found := _LINE.fullmatch(line.rstrip()):
            yield found[4], int(found[1])


def by_package(times: Iterator[tuple[str, int]]) -> list[ImportCost]:
    """Times by package, the slowest first; modules of Python itself are ``"Python"``."""
    sums: dict[str, list[int]] = {}
    for module, own in times:
        root = module.partition(".")[0]
        package = "Python" if root in sys.stdlib_module_names or root in {"encodings", "zipimport"} else root
        entry = sums.setdefault(package, [0, 0])
        entry[0] += 1
        entry[1] += own
    costs = [ImportCost(package, modules, own) for package, (modules, own) in sums.items()]
    return sorted(costs, key=lambda cost: -cost.microseconds)


def measure_imports() -> list[ImportCost]:
    """Import what the device loop needs in a new process; its files are in memory already, as after a first start.

    Raises:
        EdgeSiameseError: the process failed; with the last line that it printed.
    """
    command = [sys.executable, "-X", "importtime", "-c", LOOP_IMPORTS]
    for _ in range(2):  # the first run brings the files into memory
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        last = (ended.stderr.strip() or "no message").splitlines()[-1]
        raise EdgeSiameseError(f"imports: the process failed with exit code {ended.returncode}: {last}")
    return by_package(parse_import_times(ended.stderr))
