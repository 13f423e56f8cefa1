"""The C sources of the runtime by file name, with the headers that are generated."""

from importlib.resources import files

from ..gallery_image.c_header import NAME as FORMAT_HEADER
from ..gallery_image.c_header import format_header
from .condition_weights import NAME as WEIGHTS_HEADER
from .condition_weights import condition_weights_header
from .constants import NAME as CONSTANTS_HEADER
from .constants import constants_header


def runtime_sources() -> dict[str, str]:
    """All sources and headers of the runtime."""
    folder = files(__package__) / "c"
    sources = {entry.name: entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith((".c", ".h"))}
    generated = {FORMAT_HEADER: format_header(), CONSTANTS_HEADER: constants_header()}
    return {**sources, **generated, WEIGHTS_HEADER: condition_weights_header()}
