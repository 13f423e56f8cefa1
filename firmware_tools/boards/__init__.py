"""Board definitions: flash regions and gallery slots, one ``.toml`` file per board (`board_file` has the format)."""

import difflib
from functools import cache
from importlib.resources import files
from pathlib import Path

from edge_siamese.errors import DataError

from .board_file import parse_board as parse_board
from .board_file import read_board as read_board
from .spec import Board as Board
from .spec import FirmwareProfile as FirmwareProfile
from .spec import Region as Region
from .spec import Slot as Slot


@cache
def known_boards() -> tuple[Board, ...]:
    """The boards that come with the package, by name."""
    texts = [entry for entry in files(__name__).iterdir() if entry.name.endswith(".toml")]
    boards = [parse_board(entry.read_text("utf-8"), entry.name) for entry in texts]
    return tuple(sorted(boards, key=lambda board: board.name))


def find_board(name: str) -> Board:
    """A known board by name or alias, or the board of a ``.toml`` file.

    Raises:
        DataError: the board does not exist; the message suggests similar names.
    """
    if name.endswith(".toml"):
        return read_board(Path(name))
    by_name = {known: board for board in known_boards() for known in (board.name, *board.aliases)}
    if name.lower() not in by_name:
        near = difflib.get_close_matches(name.lower(), by_name, n=1)
        advice = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(b.name for b in known_boards())}"
        raise DataError(f"there is no board '{name}'; {advice} (a file of your own ends in .toml)")
    return by_name[name.lower()]
