"""The engine: detector, alignment and embedder behind one door."""

from pathlib import Path
from types import TracebackType
from typing import Self

from .alignment import CROP_SIZE, TEMPLATE_NAME, align
from .detection import FaceDetector
from .embedding import FaceEmbedder
from .errors import ModelError
from .faces import Embedding, Face
from .frames import RGB
from .models import default_model
from .preprocessing import check_crop, check_image
from .tflite.model_card import ModelFile, read_model
from .tflite.runtime import Delegate, TfliteNetwork, load_network
from .tflite.self_test import self_test


class FaceEngine:
    """Finds, aligns and embeds faces.

    >>> with FaceEngine.default() as engine:
    ...     faces = engine.analyze(image)  # uint8 (H, W, 3) RGB

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

    def analyze(self, image: RGB) -> list[Face]:
        """Detect and embed every face of an image, largest first; raises as `detect` does."""
        image = check_image(image)
        return [face.embedded(self.embed(image, face)) for face in self.detect(image)]

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
