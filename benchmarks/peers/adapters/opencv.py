"""YuNet of OpenCV's model zoo, with the embedders that are used behind it: SFace, and MobileFaceNet files.

YuNet runs at the image's own size with OpenCV's default thresholds (`cv2.FaceDetectorYN`). SFace aligns by itself
(`cv2.FaceRecognizerSF`). MobileFaceNet gets the crop of the ArcFace template (`edge_siamese.alignment`): 112 x 112, or its
middle 96 columns.
"""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ..adapter import About, Files, FoundFace, Pixels, version_of

_SCORE_THRESHOLD = 0.6  # of OpenCV's demo for this detector
_CROP = 112
_OPENCV = ("opencv-python-headless", "opencv-contrib-python", "opencv-python")

Network = Callable[[npt.NDArray[np.float32]], npt.NDArray[Any]]
"""Runs a network on one float32 input ``(1, H, W, 3)``, RGB, and returns its output."""


class YuNetPipeline:
    """The detector; base of the pipelines below."""

    def __init__(self, files: Files) -> None:
        cv2.setNumThreads(1)
        self._detector = cv2.FaceDetectorYN.create(str(files["detector"]), "", (320, 320), _SCORE_THRESHOLD)

    def detect(self, image: Pixels) -> list[FoundFace]:
        self._detector.setInputSize((image.shape[1], image.shape[0]))
        _, rows = self._detector.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        return [] if rows is None else [_face(row) for row in rows]


class YuNetSFace(YuNetPipeline):
    """YuNet and SFace, as OpenCV's tutorial joins them."""

    def __init__(self, files: Files) -> None:
        super().__init__(files)
        self._sface = cv2.FaceRecognizerSF.create(str(files["embedder"]), "")

    def about(self) -> About:
        return About(version_of(*_OPENCV))

    def embed(self, image: Pixels, face: FoundFace) -> npt.NDArray[Any]:
        crop = self._sface.alignCrop(cv2.cvtColor(image, cv2.COLOR_RGB2BGR), face.native)
        return np.asarray(self._sface.feature(crop)).reshape(-1).copy()


class YuNetCrop(YuNetPipeline):
    """YuNet and a network on the crop of the ArcFace template.

    Args:
        files: ``detector``.
        network: runs the embedder.
        width: columns of the embedder's input.
        divisor: the input is ``(pixel - 127.5) / divisor``.
        versions: versions of the embedder's runtime.
    """

    def __init__(self, files: Files, network: Network, width: int, divisor: float, versions: dict[str, str]) -> None:
        super().__init__(files)
        self._network, self._width, self._divisor = network, width, divisor
        self._versions = version_of(*_OPENCV) | versions

    def about(self) -> About:
        return About(self._versions)

    def embed(self, image: Pixels, face: FoundFace) -> npt.NDArray[Any]:
        from edge_siamese.alignment import align

        skipped = (_CROP - self._width) // 2
        crop = align(image, face.native[4:14].reshape(5, 2))[None, :, skipped : skipped + self._width]
        return self._network((crop.astype(np.float32) - 127.5) / np.float32(self._divisor)).reshape(-1)


def mobilefacenet_tflite(files: Files) -> YuNetCrop:
    """YuNet and a MobileFaceNet .tflite with float32 input, by LiteRT with XNNPACK."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(files["embedder"]), num_threads=1)
    interpreter.allocate_tensors()
    taken, given = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def run(pixels: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
        interpreter.set_tensor(taken["index"], pixels)
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(given["index"]))

    return YuNetCrop(files, run, _width(taken), 128.0, version_of("ai-edge-litert"))


def mobilefacenet_micro(files: Files) -> YuNetCrop:
    """YuNet and a MobileFaceNet .tflite with float32 input, by the interpreter of TensorFlow Lite Micro."""
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_file(str(files["embedder"]))
    width = _width(interpreter.get_input_details(0))

    def run(pixels: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
        interpreter.set_input(np.ascontiguousarray(pixels), 0)
        interpreter.invoke()
        return np.asarray(interpreter.get_output(0)).copy()

    return YuNetCrop(files, run, width, 128.0, version_of("tflite-micro"))


def mobilefacenet_onnx(files: Files) -> YuNetCrop:
    """YuNet and a MobileFaceNet .onnx ``(N, 3, 112, 112)``, by ONNX Runtime with one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(files["embedder"]), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def run(pixels: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
        return np.asarray(session.run(None, {name: pixels.transpose(0, 3, 1, 2)})[0])

    return YuNetCrop(files, run, _CROP, 127.5, version_of("onnxruntime"))


def _width(details: dict[str, Any]) -> int:
    """Columns of a MobileFaceNet's input.

    Raises:
        ValueError: it is no input of that kind.
    """
    shape = tuple(int(side) for side in details["shape"])
    if details["dtype"] != np.float32 or shape not in {(1, _CROP, 96, 3), (1, _CROP, _CROP, 3)}:
        found = f"{np.dtype(details['dtype']).name} {shape}"
        raise ValueError(f"expected a float32 input (1, 112, 96, 3) or (1, 112, 112, 3), found {found}")
    return shape[2]


def _face(row: npt.NDArray[np.float32]) -> FoundFace:
    x, y, width, height = (float(value) for value in row[:4])
    return FoundFace((x, y, width, height), float(row[14]), row.copy())
