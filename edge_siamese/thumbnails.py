"""Small gray images of a frame and its faces, with which the tracker compares frames."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .alignment import CROP_SIZE, TEMPLATE, similarity
from .faces import Face
from .frames import RGB

_SIDE = 160  # longest side of the small gray image
_PATCH = 16  # side of the compared image around a face
_SCENE = 32  # side of the compared image of the whole frame
_ALIGNED = 14  # side of the compared aligned face
_PATCH_REACH = 1.5  # times the box, to include hair and some background
_BODY_REACH = 0.75  # widths of the box to the left and right that a body can cover
_MIN_CONTRAST = 8.0  # gray levels; limits the weight of noise in an even patch
_MIN_BACKGROUND = 0.05  # share of the scene that has to be background, or its change is not known
Gray = npt.NDArray[np.uint8]
Patch = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """A frame as a small gray image.

    Attributes:
        gray: uint8, at most 160 pixels wide and high.
        scale: pixels of `gray` per pixel of the frame, at most 1.
        scene: float32 ``(32, 32)``, the whole frame.
    """

    gray: Gray
    scale: float
    scene: Patch

    @classmethod
    def of(cls, image: RGB, smaller: RGB | None = None) -> "Thumbnail":
        """The thumbnail of a uint8 ``(H, W, 3)`` image, made from the same image in a lower resolution if there is one."""
        whole = image.shape[1]
        image = image if smaller is None else smaller
        height, width = image.shape[:2]
        scale = min(1.0, _SIDE / max(height, width))
        if min(height, width) * scale < 1:  # thinner than a pixel of the thumbnail
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        else:
            small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
        gray = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
        scene = cv2.resize(gray, (_SCENE, _SCENE), interpolation=cv2.INTER_AREA)
        return cls(gray, scale * width / whole, np.asarray(scene, np.float32))

    def people(self, faces: Sequence[Face]) -> Mask:
        """Which cells of the scene people cover, ``(32, 32)``: the faces, what is beside them and everything below."""
        covered = np.zeros((_SCENE, _SCENE), np.bool_)
        across, down = (_SCENE * self.scale / size for size in self.gray.shape[::-1])
        for face in faces:
            x, y, width, height = (float(value) for value in face.box)
            left, right = (x - width * _BODY_REACH) * across, (x + width * (1 + _BODY_REACH)) * across
            top = (y - height * 0.5) * down
            covered[_cell(top) :, _cell(left) : _cell(right + 1)] = True
        return covered


@dataclass(frozen=True, eq=False)
class FaceThumbnails:
    """A face and its frame as small gray images, float32.

    Attributes:
        around: ``(16, 16)``, the square around the face.
        scene: ``(32, 32)``, the whole frame.
        aligned: ``(14, 14)``, the aligned face.
        people: bool ``(32, 32)``, the cells of the scene that people cover.
    """

    around: Patch
    scene: Patch
    aligned: Patch
    people: Mask

    @classmethod
    def of(cls, thumbnail: Thumbnail, face: Face, people: Mask) -> "FaceThumbnails":
        """The thumbnails of a face of a frame."""
        return cls(_around(thumbnail, face), thumbnail.scene, _aligned(thumbnail, face), people)


def view_change(before: FaceThumbnails, after: FaceThumbnails) -> float:
    """Change of the image around the face plus change of the whole frame.

    Each is the mean absolute difference of gray levels divided by the contrast: 0 for equal images, about 1 for unrelated ones.
    """
    return _change(before.around, after.around) + _change(before.scene, after.scene)


def background_change(before: FaceThumbnails, after: FaceThumbnails) -> float:
    """Change of the frame where people cover it neither before nor after.

    Infinite where too little of it is left or where it is even, such as black bars, which prove nothing.
    """
    background = ~(before.people | after.people)
    if background.mean() < _MIN_BACKGROUND or float(after.scene[background].std()) < _MIN_CONTRAST:
        return float("inf")
    return _change(before.scene[background], after.scene[background])


def face_likeness(before: FaceThumbnails, after: FaceThumbnails) -> float:
    """Correlation of the gray levels of two aligned faces, -1 to 1."""
    one, other = before.aligned - before.aligned.mean(), after.aligned - after.aligned.mean()
    return float(np.vdot(one, other) / max(float(np.sqrt(np.vdot(one, one) * np.vdot(other, other))), 1.0))


def scene_moved(before: Thumbnail, after: Thumbnail, level: float, share: float) -> bool:
    """Whether a share of the scene changed by more than some gray levels, beside a change of the light.

    Args:
        before, after: two frames.
        level: gray levels of change that count.
        share: smallest share of changed cells, 0 to 1.
    """
    difference = after.scene - before.scene
    return float(np.mean(np.abs(difference - np.median(difference)) > level)) >= share


def _change(before: Patch, after: Patch) -> float:
    contrast = float(np.sqrt((before.var() + after.var()) / 2))
    return float(np.abs(after - before).mean()) / max(contrast, _MIN_CONTRAST)


def _cell(position: float) -> int:
    """Index of a cell of the scene, inside it."""
    return int(min(max(position, 0.0), float(_SCENE)))


def _around(thumbnail: Thumbnail, face: Face) -> Patch:
    """The square around a face's box, resized to the patch size."""
    scale = thumbnail.scale
    step = max(float(face.box[2]), float(face.box[3]), 1.0) * _PATCH_REACH * scale / _PATCH
    x, y = (center * scale - step * (_PATCH - 1) / 2 for center in face.center)
    return _sampled(thumbnail.gray, np.array([(step, 0.0, x), (0.0, step, y)]), _PATCH)


def _aligned(thumbnail: Thumbnail, face: Face) -> Patch:
    """The aligned face, resized to the patch size."""
    landmarks = face.landmarks.astype(np.float64) * thumbnail.scale
    matrix = similarity(landmarks, TEMPLATE * (_ALIGNED / CROP_SIZE))
    if not np.isfinite(matrix).all() or abs(np.linalg.det(matrix[:, :2])) < 1e-9:
        return np.zeros((_ALIGNED, _ALIGNED), np.float32)
    return _sampled(thumbnail.gray, np.asarray(cv2.invertAffineTransform(matrix)), _ALIGNED)


def _sampled(gray: Gray, matrix: npt.NDArray[np.float64], side: int) -> Patch:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    patch = cv2.warpAffine(gray, matrix, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(patch, np.float32)
