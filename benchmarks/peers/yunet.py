"""YuNet, the detector of OpenCV's model zoo (Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023)."""

from pathlib import Path

import cv2
import numpy as np

from edge_siamese.errors import DataError, ModelError
from edge_siamese.faces import Face
from edge_siamese.frames import RGB


class YuNet:
    """`cv2.FaceDetectorYN` at the original image size, with OpenCV's default non-maximum suppression (0.3).

    Args:
        path: the ONNX file.
        threshold: minimum confidence, 0 to 1.

    Raises:
        DataError: the file is missing.
        ModelError: OpenCV cannot load it.
    """

    name = "yunet"

    def __init__(self, path: Path, threshold: float) -> None:
        if not path.is_file():
            raise DataError(f"{path}: expected the ONNX file of YuNet, found nothing there")
        try:
            self._network = cv2.FaceDetectorYN.create(str(path), "", (320, 320), score_threshold=threshold)
            self.detect(np.zeros((64, 64, 3), np.uint8))
        except cv2.error as error:
            raise ModelError(f"{path}: OpenCV cannot run it as YuNet ({str(error).strip().splitlines()[0]})") from error
        self.threshold = threshold

    def detect(self, image: RGB) -> list[Face]:
        """Faces on a uint8 ``(H, W, 3)`` RGB image, in its pixels."""
        self._network.setInputSize((image.shape[1], image.shape[0]))
        _, rows = self._network.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        if rows is None:
            return []
        return [Face(row[:4].copy(), row[4:14].reshape(5, 2).copy(), float(row[14])) for row in rows]
