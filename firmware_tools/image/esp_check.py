"""Check of a project that ESP-IDF built: its partition table, and the merged image against its parts."""

from pathlib import Path

from edge_siamese.errors import DataError

from ..boards import Board
from .compare import CheckedImage
from .esp import MERGED, check_merged, esp_parts

PARTITIONS = "partitions.csv"


def check_project(project: Path, board: Board) -> list[CheckedImage]:
    """Read the merged image of a project again, and compare it with what ESP-IDF built byte by byte.

    Raises:
        DataError: a file is missing, ESP-IDF used another partition table, or the image differs at an address that the message names.
    """
    if not board.name.startswith("esp32"):
        raise DataError(f"{project}: a project for ESP-IDF, which does not build for {board.name}", path=project)
    parts, path = esp_parts(project, board), project / MERGED
    try:
        image = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror}): 'edge-siamese firmware merge {project}' makes it", path=path
        ) from error
    try:
        check_merged(image, parts)
    except DataError as error:
        raise DataError(f"{path}: {error}", path=path) from error
    return [CheckedImage(MERGED, part.address, len(part.data), part.name) for part in parts]
