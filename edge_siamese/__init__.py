"""Face verification for the boards people own: the device package.

>>> from edge_siamese import FaceEngine, Gallery, Verifier

Names are loaded on first use, so importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cameras import open_source as open_source
    from .decision import Decision as Decision
    from .engine import FaceEngine as FaceEngine
    from .errors import EdgeSiameseError as EdgeSiameseError
    from .faces import Embedding as Embedding
    from .faces import Face as Face
    from .frames import Frame as Frame
    from .gallery import Gallery as Gallery
    from .image_io import read_image as read_image
    from .verifier import Verifier as Verifier

__version__ = "0.1.0"

_HOMES = {
    "Decision": "decision",
    "EdgeSiameseError": "errors",
    "Embedding": "faces",
    "Face": "faces",
    "FaceEngine": "engine",
    "Frame": "frames",
    "Gallery": "gallery",
    "Verifier": "verifier",
    "open_source": "cameras",
    "read_image": "image_io",
}
__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
