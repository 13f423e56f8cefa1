"""The face engine: detection, alignment, embedding and comparison of photos."""

from collections.abc import Callable, Iterable, Iterator, Sized
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from .alignment import CROP_SIZE, TEMPLATE_NAME, align
from .detection import FaceDetector
from .embedding import FaceEmbedder
from .errors import DataError, ModelError
from .faces import Embedding, Face
from .frames import RGB
from .models import default_model
from .operating_point import DEFAULT_TARGET_FMR, OperatingPoint, accepted_threshold, choose_operating_point
from .preprocessing import check_crop, check_image
from .recognition import ComparisonResult, ProbeFace, embedded_faces
from .renewal import RenewalKey
from .tflite.model_card import ModelFile, read_model
from .tflite.runtime import Delegate, TfliteNetwork, load_network
from .tflite.self_test import self_test

Progress = Callable[[int, int | None], None]
"""Called with the number of items done and the total, or None if the total is not known."""


class FaceEngine:
    """Detects, aligns, embeds and compares faces.

    >>> from edge_siamese import FaceEngine
    >>> from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait
    >>> ada, ben = (Person.from_seed(seed) for seed in DEMO_SEEDS[:2])
    >>> with FaceEngine.default() as engine:
    ...     (face,) = engine.analyze(render_portrait(ada, View()).image)
    ...     same = engine.compare(render_portrait(ada, View()).image, render_portrait(ada, View(yaw=12.0)).image)
    ...     other = engine.compare(render_portrait(ada, View()).image, render_portrait(ben, View()).image)
    >>> face.embedding.values.shape
    (256,)
    >>> same.is_match, same.score > other.score
    (True, True)

    Threads can share an engine: each of its two networks runs for one thread at a time while other threads wait. Threads
    that must not wait for each other need an engine each. After a fork, the child process can use the engine.
    """

    def __init__(
        self, embedder: ModelFile, detector: ModelFile, *, delegate: Delegate = "xnnpack", threads: int = 1
    ) -> None:
        if embedder.card.alignment != TEMPLATE_NAME:
            raise ModelError(
                f"the embedder wants the alignment '{embedder.card.alignment}', known is '{TEMPLATE_NAME}'"
            )
        self.embedder_card, self.detector_card = embedder.card, detector.card
        self.networks: dict[str, TfliteNetwork] = {
            "embedder": load_network(embedder.network, delegate, threads),
            "detector": load_network(detector.network, delegate, threads),
        }
        self.embedder = FaceEmbedder(self.networks["embedder"], embedder.card)
        self.detector = FaceDetector(self.networks["detector"], *detector.card.input_size)
        self.delegate, self.threads = delegate, threads
        self._renewal: RenewalKey | None = None

    @classmethod
    def default(cls, *, delegate: Delegate = "xnnpack", threads: int = 1) -> Self:
        """Open an engine with the shipped models; see `open`."""
        return cls.open(delegate=delegate, threads=threads)

    @classmethod
    def open(
        cls,
        embedder: Path | None = None,
        detector: Path | None = None,
        *,
        delegate: Delegate = "xnnpack",
        threads: int = 1,
        check: bool = True,
        renewal_key: Path | RenewalKey | None = None,
    ) -> Self:
        """Load models (default: the shipped ones) and compare the delegate's outputs with their golden vectors.

        With `renewal_key`, a key or its file, all embeddings are those of the embedder with this key; see `renewal`.

        Raises:
            ModelError: a file is not a model of this project for the required task.
            RuntimeMissingError: the TFLite runtime or the delegate is not installed.
            SelfTestError: the delegate's outputs differ from the golden vectors; `check=False` skips the self-test.
        """
        engine = cls(
            read_model(embedder or default_model("embedder"), "embedder"),
            read_model(detector or default_model("detector"), "detector"),
            delegate=delegate,
            threads=threads,
        )
        if check:
            self_test(engine.networks["embedder"], engine.embedder_card)
            self_test(engine.networks["detector"], engine.detector_card)
        if renewal_key is not None:
            engine.use_renewal_key(RenewalKey.read(renewal_key) if isinstance(renewal_key, Path) else renewal_key)
        return engine

    def use_renewal_key(self, key: RenewalKey) -> None:
        """Transform all further embeddings with a key; `embedder_card` becomes that of the embedder with this key."""
        self._renewal, self.embedder_card = key, key.card(self.embedder.card)

    @property
    def digests(self) -> dict[str, str]:
        """Digest of each model, by task."""
        return {"embedder": self.embedder_card.digest, "detector": self.detector_card.digest}

    @property
    def runtime(self) -> str:
        """Name and version of the TFLite runtime."""
        runtime = self.networks["embedder"].runtime
        return f"{runtime.name} {runtime.version}"

    def detect(self, image: RGB) -> list[Face]:
        """Detect the faces in a uint8 ``(H, W, 3)`` RGB image; largest first, without embeddings.

        Raises:
            ImageError: the array is not an image; `preprocessing.check_image` documents the accepted arrays.
            EngineClosedError: after `close`.
        """
        return self.detector.detect(check_image(image))

    def align(self, image: RGB, face: Face) -> RGB:
        """The aligned crop of one face of an image: uint8 ``(112, 112, 3)`` RGB.

        Raises:
            ImageError: `image` is not an image.
            DataError: `face` is not a face with five finite landmarks.
        """
        return align(check_image(image), _landmarks_of(face))

    def embed_crop(self, crop: RGB) -> Embedding:
        """Embed one aligned crop, uint8 ``(112, 112, 3)`` RGB.

        Raises:
            ImageError: `crop` is not an image of that size.
            EngineClosedError: after `close`.
        """
        plain = self.embedder.embed(check_crop(crop, CROP_SIZE))
        return plain if self._renewal is None else self._renewal.embedding(plain)

    def embed(self, image: RGB, face: Face) -> Embedding:
        """Align and embed one face of an image; raises the errors of `align` and `embed_crop`."""
        return self.embed_crop(self.align(image, face))

    def embed_batch(self, crops: Iterable[RGB], progress: Progress | None = None) -> list[Embedding]:
        """Embed several aligned crops.

        Args:
            crops: list, iterator or array ``(N, 112, 112, 3)`` of crops, uint8 RGB; see `embed_crop` for the errors.
            progress: called with the number of crops done and the total, or None if `crops` has no length.
        """
        return [self.embed_crop(crop) for crop in _reported(crops, progress)]

    def analyze(self, image: RGB) -> list[Face]:
        """Detect and embed every face of a photo, largest first.

        A photo that is rotated by 90, 180 or 270 degrees is turned upright first. For faces that are too small, blurred,
        dark or turned away, `Face.rejection` and `Face.doubt` give the reason; `Gallery.identify` is undecided about them.

        Args:
            image: uint8 ``(H, W, 3)`` RGB, gray ``(H, W)`` or RGBA.

        Returns:
            Faces with embeddings, in pixels of `image`; an empty list without a face.

        Raises:
            ImageError: `image` is not an image; the message says what was expected and found.
            EngineClosedError: after `close`.
        """
        return [face.as_face() for face in embedded_faces(self, check_image(image))]

    def analyze_batch(self, images: Iterable[RGB], progress: Progress | None = None) -> list[list[Face]]:
        """Analyze several photos.

        Args:
            images: list or iterator of images; see `analyze` for the arrays and the errors.
            progress: called with the number of images done and the total, or None if `images` has no length.
        """
        return [self.analyze(image) for image in _reported(images, progress)]

    def compare(
        self,
        first: RGB,
        second: RGB,
        *,
        operating_point: OperatingPoint | None = None,
        threshold: float | None = None,
        target_fmr: float = DEFAULT_TARGET_FMR,
    ) -> ComparisonResult:
        """Compare the largest faces of two photos: do they show the same person?

        Args:
            first, second: uint8 ``(H, W, 3)`` RGB, gray ``(H, W)`` or RGBA.
            operating_point: operating point to apply; by default the model's operating point for `target_fmr`.
            threshold: score from -1 to 1, instead of an operating point.
            target_fmr: accepted false match rate, 0 to 1; see `choose_operating_point`.

        Raises:
            ImageError: `first` or `second` is not an image.
            NoFaceError: `first` or `second` shows no face.
            OperatingPointError: the model has no operating point and none was passed.
            DataError: the threshold is not a score from -1 to 1.
            EngineClosedError: after `close`.
        """
        limit = accepted_threshold(operating_point, threshold)
        if limit is None:
            operating_point = choose_operating_point(self.embedder_card.operating_points, target_fmr)
            limit = operating_point.threshold_q15
        one = ProbeFace.on(self, check_image(first, "the first image"), "the first image")
        other = ProbeFace.on(self, check_image(second, "the second image"), "the second image")
        return ComparisonResult.at(one, other, limit, operating_point)

    def close(self) -> None:
        """Free the memory of the networks. The engine cannot be used afterwards; further calls have no effect."""
        for network in self.networks.values():
            network.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _landmarks_of(face: Face) -> npt.NDArray[np.floating]:
    if not isinstance(face, Face):
        raise DataError(f"the face: expected a Face, as FaceEngine.detect gives it, found {type(face).__name__}")
    marks = np.asarray(face.landmarks)
    if marks.shape != (5, 2) or marks.dtype.kind not in "fiu" or not np.isfinite(marks).all():
        found = f"{marks.dtype} {marks.shape}"
        raise DataError(
            f"the face: expected five finite landmarks (5, 2), found {found}", expected="(5, 2)", found=found
        )
    return marks


def _reported(items: Iterable[RGB], progress: Progress | None) -> Iterator[RGB]:
    total = len(items) if isinstance(items, Sized) else None
    for number, item in enumerate(items, 1):
        yield item
        if progress:
            progress(number, total)
