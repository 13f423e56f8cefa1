"""BlazeFace short range, MediaPipe's detector (Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection", 2019).

The network of 128 x 128 pixels runs by LiteRT and is decoded here; `media_pipe` runs MediaPipe's own task.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from ..adapter import About, DetectorOnly, Files, FoundFace, Pixels, version_of

_SIDE, _MIN_SCORE, _OVERLAP = 128, 0.5, 0.3
_GRIDS = ((16, 2), (8, 6))  # cells a side, anchors a cell
_OUTPUTS = (1, 896, 16), (1, 896, 1)


class BlazeFace(DetectorOnly):
    """The network by LiteRT with XNNPACK: letterboxed input from -1 to 1, anchors, sigmoid, non-maximum suppression.

    Args:
        files: ``detector``, a .tflite with the raw outputs ``(1, 896, 16)`` and ``(1, 896, 1)``.
    """

    def __init__(self, files: Files) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(model_path=str(files["detector"]), num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        by_shape = {tuple(detail["shape"]): detail["index"] for detail in self._interpreter.get_output_details()}
        if set(by_shape) != set(_OUTPUTS):
            raise ValueError(
                f"expected a BlazeFace network with outputs {_OUTPUTS}, found {tuple(map(_plain, by_shape))}"
            )
        self._boxes, self._scores = (by_shape[shape] for shape in _OUTPUTS)
        self._anchors = _anchors()

    def about(self) -> About:
        return About(version_of("ai-edge-litert", "opencv-python-headless"), embeds=False)

    def detect(self, image: Pixels) -> list[FoundFace]:
        import cv2

        height, width = image.shape[:2]
        scale = _SIDE / max(height, width)
        fitted = cv2.resize(image, (max(round(width * scale), 1), max(round(height * scale), 1)))
        square = np.zeros((_SIDE, _SIDE, 3), np.float32)
        square[: fitted.shape[0], : fitted.shape[1]] = fitted
        square[: fitted.shape[0], : fitted.shape[1]] -= 127.5
        self._interpreter.set_tensor(self._input, square[None] / np.float32(127.5))
        self._interpreter.invoke()
        raw = self._interpreter.get_tensor(self._boxes)[0]
        logits = np.clip(self._interpreter.get_tensor(self._scores)[0, :, 0], -100, 100)
        return self._faces(raw, 1 / (1 + np.exp(-logits)), 1 / scale)

    def _faces(self, raw: npt.NDArray[Any], scores: npt.NDArray[Any], scale: float) -> list[FoundFace]:
        import cv2

        chosen = np.flatnonzero(scores >= _MIN_SCORE)
        centers = (raw[chosen, :2] + self._anchors[chosen] * _SIDE) * scale
        sizes = raw[chosen, 2:4] * scale
        boxes = np.concatenate([centers - sizes / 2, sizes], axis=1)
        kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores[chosen].tolist(), _MIN_SCORE, _OVERLAP)
        return [
            FoundFace(
                (float(boxes[at, 0]), float(boxes[at, 1]), float(boxes[at, 2]), float(boxes[at, 3])),
                float(scores[chosen[at]]),
            )
            for at in np.asarray(kept, np.int64).reshape(-1)
        ]


def _plain(shape: tuple[Any, ...]) -> tuple[int, ...]:
    return tuple(int(side) for side in shape)


def _anchors() -> npt.NDArray[np.float32]:
    """Centers of the 896 anchors, x and y from 0 to 1."""
    rows = []
    for cells, count in _GRIDS:
        y, x = np.divmod(np.repeat(np.arange(cells * cells), count), cells)
        rows.append(np.stack([x + 0.5, y + 0.5], axis=1) / cells)
    return np.concatenate(rows).astype(np.float32)
