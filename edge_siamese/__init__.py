"""Face verification on edge boards: the device package and its public API.

>>> from edge_siamese import FaceEngine, Gallery
>>> from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait
>>> anna, ben = (Person.from_seed(seed) for seed in DEMO_SEEDS[:2])
>>> def photo(person, yaw=0.0):
...     return render_portrait(person, View(yaw=yaw)).image  # uint8 (H, W, 3) RGB, as read_image returns it
>>> with FaceEngine.default() as engine:
...     same = engine.compare(photo(anna), photo(anna, 10.0))
...     gallery = Gallery.empty(engine.embedder_card)
...     gallery = gallery.enroll("Anna", [photo(anna, yaw) for yaw in (-10.0, 0.0)], engine=engine)
...     faces = engine.analyze(photo(anna, 5.0))
>>> same.is_match, str(same.reason)
(True, 'ok')
>>> gallery.identify(faces[0]).identity
'Anna'

Scores and thresholds are floats from -1 to 1 in this API. Internally they are Q15 integers (value * 32768), so that every
board computes the same result. Arrays are checked; `preprocessing.check_image` documents the accepted ones. All errors
derive from `EdgeSiameseError`. `edge_siamese.protocols` defines the protocols for your own implementations of a part.

Names are imported on first use, so importing the package is fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cameras import open_source as open_source
    from .decision import Decision as Decision
    from .decision import Outcome as Outcome
    from .decision import Reason as Reason
    from .engine import FaceEngine as FaceEngine
    from .errors import CameraError as CameraError
    from .errors import DamagedGalleryError as DamagedGalleryError
    from .errors import DataError as DataError
    from .errors import EdgeSiameseError as EdgeSiameseError
    from .errors import EncryptedGalleryError as EncryptedGalleryError
    from .errors import EngineClosedError as EngineClosedError
    from .errors import EnrollmentError as EnrollmentError
    from .errors import ExpiredGalleryError as ExpiredGalleryError
    from .errors import GalleryError as GalleryError
    from .errors import ImageError as ImageError
    from .errors import ModelError as ModelError
    from .errors import NewerGalleryError as NewerGalleryError
    from .errors import NoFaceError as NoFaceError
    from .errors import NotAGalleryError as NotAGalleryError
    from .errors import OperatingPointError as OperatingPointError
    from .errors import OtherEmbedderError as OtherEmbedderError
    from .errors import RuntimeMissingError as RuntimeMissingError
    from .errors import SelfTestError as SelfTestError
    from .errors import StaleGalleryError as StaleGalleryError
    from .errors import UntrustedGalleryError as UntrustedGalleryError
    from .face_result import FaceResult as FaceResult
    from .faces import Embedding as Embedding
    from .faces import Face as Face
    from .frames import Frame as Frame
    from .gallery import Gallery as Gallery
    from .image_io import read_image as read_image
    from .operating_point import OperatingPoint as OperatingPoint
    from .recognition import ComparisonResult as ComparisonResult
    from .verifier import Verifier as Verifier

__version__ = "0.1.0"

_MODULES = {
    "cameras": ("open_source",),
    "decision": ("Decision", "Outcome", "Reason"),
    "engine": ("FaceEngine",),
    "errors": (
        "CameraError",
        "DamagedGalleryError",
        "DataError",
        "EdgeSiameseError",
        "EncryptedGalleryError",
        "EngineClosedError",
        "EnrollmentError",
        "ExpiredGalleryError",
        "GalleryError",
        "ImageError",
        "ModelError",
        "NewerGalleryError",
        "NoFaceError",
        "NotAGalleryError",
        "OperatingPointError",
        "OtherEmbedderError",
        "RuntimeMissingError",
        "SelfTestError",
        "StaleGalleryError",
        "UntrustedGalleryError",
    ),
    "faces": ("Embedding", "Face"),
    "frames": ("Frame",),
    "gallery": ("Gallery",),
    "image_io": ("read_image",),
    "operating_point": ("OperatingPoint",),
    "recognition": ("ComparisonResult",),
    "face_result": ("FaceResult",),
    "verifier": ("Verifier",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}
__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
