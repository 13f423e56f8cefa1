"""The known projects: their adapters, packages, model files and licenses, and where to get what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_siamese.errors import DataError

from .adapter import Files

_ZOO = "github.com/opencv/opencv_zoo"


@dataclass(frozen=True)
class FileNeed:
    """A model file that a project needs.

    Attributes:
        role: its name in `adapter.Files`.
        names: accepted names in the folder of peers' files, the first one found is used.
        source: where to get it.
    """

    role: str
    names: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Peer:
    """One project, as `bench compare` runs it.

    Attributes:
        name: name on the command line.
        title: name in tables.
        adapter: ``module:factory`` in `adapters`.
        packages: what pip installs.
        files: model files; the last one is what ``NAME=FILE`` names.
        license: of code and weights, as their projects state it.
        networks: roles of the files that are single .tflite networks, for counting instructions.
        litert: True if LiteRT's XNNPACK computes it, so that its kernels can be limited.
        pipeline: True if `bench arm` knows the whole pipeline.
    """

    name: str
    title: str
    adapter: str
    packages: tuple[str, ...]
    files: tuple[FileNeed, ...]
    license: str
    networks: tuple[str, ...] = ()
    litert: bool = False
    pipeline: bool = False

    @property
    def install(self) -> str:
        return f"pip install {' '.join(self.packages)}"


_YUNET = FileNeed(
    "detector",
    ("yunet_n_320_320.onnx", "face_detection_yunet_2023mar.onnx"),
    f"models/face_detection_yunet of {_ZOO} (MIT)",
)
_MOBILEFACENET = FileNeed(
    "embedder",
    ("mobilefacenet_int8.tflite",),
    "a MobileFaceNet with float input 1 x 112 x 96 or 112 x 3, in int8 inside",
)
_BLAZEFACE = FileNeed(
    "detector",
    ("blaze_face_short_range.tflite", "face_detection_short_range.tflite"),
    "BlazeFace short range of MediaPipe's model page (Apache-2.0)",
)

PEERS = {
    peer.name: peer
    for peer in (
        Peer(
            "yunet-sface", "OpenCV YuNet + SFace", "opencv:YuNetSFace", ("opencv-python-headless",),
            (_YUNET, FileNeed("embedder", ("face_recognition_sface_2021dec.onnx",), f"models/face_recognition_sface of {_ZOO} (Apache-2.0)")),
            "Apache-2.0; YuNet MIT, SFace Apache-2.0",
        ),
        Peer(
            "yunet-mobilefacenet", "YuNet + MobileFaceNet int8", "opencv:mobilefacenet_tflite",
            ("opencv-python-headless", "ai-edge-litert"), (_YUNET, _MOBILEFACENET), "YuNet MIT; the embedder's own file",
            networks=("embedder",), litert=True, pipeline=True,
        ),
        Peer(
            "yunet-mobilefacenet-onnx", "YuNet + MobileFaceNet ONNX", "opencv:mobilefacenet_onnx",
            ("opencv-python-headless", "onnxruntime"),
            (_YUNET, FileNeed("embedder", ("mobilefacenet.onnx", "w600k_mbf.onnx"), "a MobileFaceNet with input N x 3 x 112 x 112 in RGB, (pixel - 127.5) / 127.5")),
            "YuNet MIT; the embedder's own file",
        ),
        Peer(
            "tflm", "YuNet + MobileFaceNet int8, TFLM", "opencv:mobilefacenet_micro",
            ("tflite-micro", "opencv-python-headless"), (_YUNET, _MOBILEFACENET), "Apache-2.0; YuNet MIT; the embedder's own file",
        ),
        Peer(
            "blazeface", "BlazeFace, LiteRT", "blazeface:BlazeFace", ("ai-edge-litert", "opencv-python-headless"),
            (_BLAZEFACE,), "Apache-2.0", networks=("detector",), litert=True,
        ),
        Peer("mediapipe", "MediaPipe face detector", "media_pipe:MediaPipe", ("mediapipe",), (_BLAZEFACE,), "Apache-2.0"),
        Peer(
            "dlib", "dlib face_recognition", "packages:Dlib",
            ("face_recognition", "face_recognition_models", "dlib", "'setuptools<81'"), (), "MIT; Boost; weights CC0",
        ),
        Peer(
            "deepface", "deepface", "packages:DeepFace", ("deepface", "tf-keras"),
            (FileNeed("embedder", (), "a file of ~/.deepface/weights, such as arcface_weights.h5"),), "MIT; weights vary",
        ),
        Peer(
            "insightface", "insightface", "packages:InsightFace", ("insightface", "onnxruntime"),
            (FileNeed("pack", (), "a folder of ~/.insightface/models, such as buffalo_sc"),), "MIT; weights for research only",
        ),
        Peer(
            "inspireface", "InspireFace", "packages:InspireFace", ("inspireface",),
            (FileNeed("pack", ("Pikachu",), "the pack Pikachu of InspireFace's releases"),), "MIT; weights for research only",
        ),
    )
}  # fmt: skip


class MissingFileError(DataError):
    """A peer's model file is not there; the message says which, and where to get it."""


def chosen_peers(words: Sequence[str]) -> dict[str, Path | None]:
    """Names and files of ``NAME`` or ``NAME=FILE`` words; all known peers without any.

    Raises:
        DataError: a name is unknown, given twice, or the file after ``=`` is empty.
    """
    chosen: dict[str, Path | None] = {}
    for word in words:
        name, equals, file = word.partition("=")
        if name not in PEERS or (equals and not file):
            raise DataError(f"peer: expected NAME or NAME=FILE with one of {', '.join(PEERS)}, found {word!r}")
        if name in chosen:
            raise DataError(f"peer: expected {name} once, found it twice")
        chosen[name] = Path(file) if equals else None
    return chosen or dict.fromkeys(PEERS)


def find_files(peer: Peer, given: Path | None, folder: Path | None) -> Files:
    """The model files of a peer.

    Args:
        peer: the project.
        given: its last file, or a folder that holds all of them; None to look in `folder`.
        folder: folder of peers' files; None without one.

    Raises:
        MissingFileError: a file is not there.
    """
    if given is not None and not given.exists():
        raise MissingFileError(f"{given}: expected {peer.files[-1].source if peer.files else 'nothing'}, found no file")
    files: Files = {}
    for need in peer.files:
        is_given = given is not None and need is peer.files[-1] and (given.is_file() or not need.names)
        place = given if given is not None and given.is_dir() and need.names else folder
        files[need.role] = given.resolve() if is_given and given else _found(need, place)
    return files


def total_bytes(files: Files) -> int:
    """Bytes of model files; a folder counts with its .onnx files."""
    found = [[path] if path.is_file() else sorted(path.glob("*.onnx")) for path in files.values()]
    return sum(path.stat().st_size for paths in found for path in paths)


def _found(need: FileNeed, folder: Path | None) -> Path:
    for name in need.names:
        if folder and (folder / name).is_file():
            return (folder / name).resolve()
    if not need.names:
        raise MissingFileError(f"needs {need.source}: name it after --peer NAME=")
    names = " or ".join(need.names)
    place = f"in {folder}" if folder else "and no folder of peers' files was given"
    raise MissingFileError(f"needs {names}, found none {place}: {need.source}")
