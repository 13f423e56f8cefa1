"""The engine: detector, alignment and embedder behind one door."""

from collections.abc import Callable, Iterable, Iterator, Sized
from pathlib import Path
from types import TracebackType
from typing import Self

from .alignment import CROP_SIZE, TEMPLATE_NAME, align
from .detection import FaceDetector
from .embedding import FaceEmbedder
from .errors import ModelError
from .faces import Embedding, Face
from .frames import RGB
from .matching import score_q15
from .models import default_model
from .operating_point import DEFAULT_TARGET_FMR, OperatingPoint, accepted_threshold, choose_operating_point
from .preprocessing import check_crop, check_image
from .recognition import ComparisonResult, ProbeFace, embedded_faces
from .tflite.model_card import ModelFile, read_model
from .tflite.runtime import Delegate, TfliteNetwork, load_network
from .tflite.self_test import self_test

Progress = Callable[[int, int | None], None]
"""Called with the number done and the number of all, None where that is not known."""


class FaceEngine:
    """Finds, aligns and embeds faces.

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

    Threads may share an engine: each of its two networks serves one thread at a time, and the others wait. Threads that
    must not wait for each other open an engine each. After a fork the child may go on using the engine.
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

    @classmethod
    def default(cls, *, delegate: Delegate = "xnnpack", threads: int = 1) -> Self:
        """An engine with the shipped models; see `open`."""
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
    ) -> Self:
        """Load models, the shipped ones unless others are named, and prove the delegate on their golden vectors.

        Raises:
            ModelError: a file is not a model of this project for its task.
            RuntimeMissingError: no TFLite runtime or delegate.
            SelfTestError: the delegate computes something else; `check=False` skips the proof.
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
        return engine

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
        """Faces on a uint8 ``(H, W, 3)`` RGB image, largest first, not embedded.

        Raises:
            ImageError: it is no image; see `preprocessing.check_image`, also for what else is taken.
            EngineClosedError: after `close`.
        """
        return self.detector.detect(check_image(image))

    def align(self, image: RGB, face: Face) -> RGB:
        """The aligned crop of one face of an image: uint8 ``(112, 112, 3)`` RGB.

        Raises:
            ImageError: it is no image.
        """
        return align(check_image(image), face.landmarks)

    def embed_crop(self, crop: RGB) -> Embedding:
        """Embed one aligned crop, uint8 ``(112, 112, 3)`` RGB.

        Raises:
            ImageError: it is no image, or of another size.
            EngineClosedError: after `close`.
        """
        return self.embedder.embed(check_crop(crop, CROP_SIZE))

    def embed(self, image: RGB, face: Face) -> Embedding:
        """Align and embed one face of an image; raises as `align` and `embed_crop` do."""
        return self.embed_crop(self.align(image, face))

    def embed_batch(self, crops: Iterable[RGB], progress: Progress | None = None) -> list[Embedding]:
        """Embed aligned crops, each uint8 ``(112, 112, 3)`` RGB: a list, an iterator or an array ``(N, 112, 112, 3)``.

        Args:
            crops: see `embed_crop`, also for what is raised.
            progress: called with the number done and the number of all; None for all where `crops` has no length.
        """
        return [self.embed_crop(crop) for crop in _reported(crops, progress)]

    def analyze(self, image: RGB) -> list[Face]:
        """Detect and embed every face of a photo, largest first.

        A photo that lies on its side or stands on its head is turned first. Faces that are too small, blurred, dark or
        turned away say so in `Face.rejection` and `Face.doubt`; `Gallery.identify` is undecided about them.

        Args:
            image: uint8 ``(H, W, 3)`` RGB, gray ``(H, W)`` or RGBA.

        Returns:
            Faces in pixels of the image as it was passed; empty when there is none.

        Raises:
            ImageError: it is no image; the sentence says what was expected and found.
            EngineClosedError: after `close`.
        """
        return [face.as_face() for face in embedded_faces(self, check_image(image))]

    def analyze_batch(self, images: Iterable[RGB], progress: Progress | None = None) -> list[list[Face]]:
        """Analyze several photos.

        Args:
            images: see `analyze`, also for what is raised.
            progress: called with the number done and the number of all; None for all where `images` has no length.
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
        """Whether the largest faces of two photos show the same person.

        Args:
            first, second: uint8 ``(H, W, 3)`` RGB, gray ``(H, W)`` or RGBA.
            operating_point: where to accept; by default that of the model for `target_fmr`.
            threshold: a bare score from -1 to 1 in its place.
            target_fmr: accepted false match rate; see `choose_operating_point`.

        Raises:
            ImageError: one of the two is no image.
            NoFaceError: one of the two shows no face.
            OperatingPointError: the model has no operating point, and none was passed.
            DataError: the threshold is no score from -1 to 1.
            EngineClosedError: after `close`.
        """
        limit = accepted_threshold(operating_point, threshold)
        if limit is None:
            operating_point = choose_operating_point(self.embedder_card.operating_points, target_fmr)
            limit = operating_point.threshold_q15
        one = ProbeFace.on(self, check_image(first, "the first image"), "the first image")
        other = ProbeFace.on(self, check_image(second, "the second image"), "the second image")
        score = score_q15(one.look.embedding, other.look.embedding)
        return ComparisonResult(one, other, score, limit, operating_point)

    def close(self) -> None:
        """Free the networks' memory; the engine cannot be used any more. It may be called again."""
        for network in self.networks.values():
            network.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _reported(items: Iterable[RGB], progress: Progress | None) -> Iterator[RGB]:
    total = len(items) if isinstance(items, Sized) else None
    for number, item in enumerate(items, 1):
        yield item
        if progress:
            progress(number, total)
