"""A folder with this project's packages alone, for peers that run in another Python environment."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import edge_siamese

_BENCHMARKS = "edge_siamese_benchmarks"


@contextmanager
def search_path() -> Iterator[Path]:
    """A temporary folder with links to the device package and the benchmarks.

    The folder in which they are installed may hold packages that another environment must not load.
    """
    with tempfile.TemporaryDirectory(prefix="edge-siamese-peers-") as name:
        (Path(name) / "edge_siamese").symlink_to(edge_siamese.__path__[0])
        (Path(name) / _BENCHMARKS).symlink_to(Path(__file__).parents[1])
        yield Path(name)
