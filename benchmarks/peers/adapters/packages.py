"""Projects with a package of their own: face_recognition (dlib), deepface, insightface and InspireFace.

Every one of them can download model files when they are missing. These adapters name the files they were given, so that
nothing is downloaded.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..adapter import DISTANCE, About, Files, FoundFace, Pixels, version_of

_INSIGHTFACE_SIZE = (320, 320)


class Dlib:
    """The package face_recognition on dlib: HOG detector, five landmarks, ResNet of 128 values, Euclidean distance."""

    def __init__(self, files: Files) -> None:
        import face_recognition
        import face_recognition_models as models

        self._package = face_recognition
        used = (models.pose_predictor_five_point_model_location(), models.face_recognition_model_location())
        self._bytes = sum(Path(file).stat().st_size for file in used)

    def about(self) -> About:
        versions = version_of("face_recognition", "dlib", "dlib-bin")
        return About(versions, metric=DISTANCE, package_bytes=self._bytes)

    def detect(self, image: Pixels) -> list[FoundFace]:
        found = self._package.face_locations(image, model="hog")
        return [
            FoundFace((left, top, right - left, bottom - top), 1.0, (top, right, bottom, left))
            for top, right, bottom, left in found
        ]

    def embed(self, image: Pixels, face: FoundFace) -> npt.NDArray[Any]:
        (embedding,) = self._package.face_encodings(image, [face.native], num_jitters=1, model="small")
        return np.asarray(embedding)


class DeepFace:
    """deepface with OpenCV's detector; the model is the one of the weights file.

    Args:
        files: ``embedder``, a weights file ``<home>/.deepface/weights/<model>_weights.h5``.
    """

    MODELS = {"arcface": "ArcFace", "facenet512": "Facenet512", "facenet": "Facenet", "vgg_face": "VGG-Face"}  # noqa: RUF012

    def __init__(self, files: Files) -> None:
        weights = files["embedder"].resolve()
        if weights.parent.parts[-2:] != (".deepface", "weights"):
            raise ValueError(f"{weights}: expected deepface's weights in a folder .deepface/weights")
        os.environ["DEEPFACE_HOME"] = str(weights.parents[2])
        name = weights.name.removesuffix("_weights.h5")
        if name not in self.MODELS:
            known = ", ".join(f"{model}_weights.h5" for model in self.MODELS)
            raise ValueError(f"{weights}: expected one of {known}")
        from deepface import DeepFace as Package

        self._package, self._model = Package, self.MODELS[name]
        Package.build_model(self._model)

    def about(self) -> About:
        return About(version_of("deepface", "tensorflow"), notes=[self._model])

    def detect(self, image: Pixels) -> list[FoundFace]:
        found = self._package.extract_faces(_bgr(image), detector_backend="opencv", enforce_detection=False, align=True)
        return [
            FoundFace(
                tuple(float(face["facial_area"][side]) for side in "xywh"),  # type: ignore[arg-type]
                float(face["confidence"]),
                face["face"],
            )
            for face in found
            if face["confidence"] > 0
        ]

    def embed(self, image: Pixels, face: FoundFace) -> npt.NDArray[Any]:
        crop = np.asarray(face.native[..., ::-1] * 255, np.uint8)
        (answer,) = self._package.represent(
            crop, model_name=self._model, detector_backend="skip", enforce_detection=False, align=False
        )
        return np.asarray(answer["embedding"])


class InsightFace:
    """insightface's FaceAnalysis with one pack of ONNX files, detection at 320 x 320.

    Args:
        files: ``pack``, a folder ``<root>/models/<pack>`` of .onnx files.
    """

    def __init__(self, files: Files) -> None:
        from insightface.app import FaceAnalysis

        pack = files["pack"].resolve()
        if pack.parent.name != "models":
            raise ValueError(f"{pack}: expected insightface's pack in a folder named models")
        self._app = FaceAnalysis(
            pack.name, root=str(pack.parents[1]), allowed_modules=["detection", "recognition"],
            providers=["CPUExecutionProvider"],
        )  # fmt: skip
        self._app.prepare(ctx_id=-1, det_size=_INSIGHTFACE_SIZE)

    def about(self) -> About:
        return About(version_of("insightface", "onnxruntime"))

    def detect(self, image: Pixels) -> list[FoundFace]:
        boxes, landmarks = self._app.det_model.detect(_bgr(image), max_num=0, metric="default")
        return [
            FoundFace((float(x), float(y), float(right - x), float(bottom - y)), float(score), points)
            for (x, y, right, bottom, score), points in zip(boxes, landmarks, strict=True)
        ]

    def embed(self, image: Pixels, face: FoundFace) -> npt.NDArray[Any]:
        from insightface.app.common import Face

        x, y, width, height = face.box
        native = Face(bbox=np.array([x, y, x + width, y + height]), kps=face.native, det_score=face.score)
        self._app.models["recognition"].get(_bgr(image), native)
        return np.asarray(native.embedding)


class InspireFace:
    """InspireFace's session with recognition.

    Args:
        files: ``pack``, a resource pack such as Pikachu.
    """

    def __init__(self, files: Files) -> None:
        import inspireface

        inspireface.launch(resource_path=str(files["pack"]))
        self._session = inspireface.InspireFaceSession(
            inspireface.HF_ENABLE_FACE_RECOGNITION,
            inspireface.HF_DETECT_MODE_ALWAYS_DETECT,
            max_detect_num=20,
            auto_launch=False,
        )

    def about(self) -> About:
        return About(version_of("inspireface"))

    def detect(self, image: Pixels) -> list[FoundFace]:
        faces = []
        for found in self._session.face_detection(_bgr(image)):
            x, y, right, bottom = (float(side) for side in found.location)
            faces.append(FoundFace((x, y, right - x, bottom - y), float(found.detection_confidence), found))
        return faces

    def embed(self, image: Pixels, face: FoundFace) -> npt.NDArray[Any]:
        return np.asarray(self._session.face_feature_extract(_bgr(image), face.native)).reshape(-1)


def _bgr(image: Pixels) -> Pixels:
    return np.ascontiguousarray(image[..., ::-1])
