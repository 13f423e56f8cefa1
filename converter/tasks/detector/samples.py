"""Random composition of training images for the detector.

There are three kinds of samples:

* a window of an annotated image, warped (scale, rotation, flip, aspect ratio) so that one of its faces has a random size,
* a mosaic of four such windows (Bochkovskiy et al., "YOLOv4", 2020), which has more faces per image,
* a background window with pasted faces: aligned crops, with the landmarks of the template, or rendered faces, with exact
  landmarks.

Backgrounds are images without faces and regions beside faces. They may be rotated by 90 degrees, inverted, blended with
another background or overlaid with text. Faces may be partly occluded. Camera effects are applied last (`augmentation`).
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from edge_siamese.alignment import CROP_SIZE, TEMPLATE
from edge_siamese.faces import MIRRORED_LANDMARKS
from edge_siamese.frames import RGB

from ...augmentation.face_crop import CameraAugmentation
from ...augmentation.text_overlay import written_over
from ...data.detection import AnnotatedImage

# Position of annotated boxes in the aligned crop (medians over the frontal faces of the training images).
TEMPLATE_BOX = np.array([(16.2, 9.3), (96.0, 118.8)], np.float32)
SMALLEST = 8.0
_WINDOWS, _MOSAICS, _RENDERED = 0.4, 0.25, 0.05  # shares; the rest are backgrounds
_PASTED, _EMPTY_TILES = 0.5, 0.15  # backgrounds with faces pasted in; tiles of a mosaic that are backgrounds
_BESIDE_FACES = 0.6  # share of the backgrounds that are regions beside faces
_WRITTEN = 0.4  # share of the backgrounds with text or icons
_COVERED = 0.05  # share of the faces that are partly occluded
_SMALL_IMAGES = 0.15  # share of the windows that may contain a whole image smaller than the window
_STRETCHED = 0.3  # share of the windows with a changed aspect ratio, as in profile faces
_EFFECTS = CameraAugmentation(
    flip=0, rotation_degrees=0, scale=0, shift_pixels=0, light=0.5, gray=0.1, low_resolution=0.08, occlusion=0.0
)


@dataclass(frozen=True, eq=False)
class Sample:
    """One training image: uint8 ``(S, S, 3)``, boxes ``(F, 4)``, landmarks ``(F, 5, 2)``, NaN if unknown, in pixels."""

    image: RGB
    boxes: npt.NDArray[np.float32]
    landmarks: npt.NDArray[np.float32]


class SampleComposer:
    """Draws training samples.

    Args:
        images: annotated images, including images without faces (backgrounds).
        crops: aligned crops uint8 ``(N, 112, 112, 3)`` to paste.
        rendered: rendered images with annotated faces, used like photos.
        size: side of the samples in pixels.
    """

    def __init__(
        self,
        images: list[AnnotatedImage],
        crops: npt.NDArray[np.uint8],
        rendered: list[AnnotatedImage],
        size: int,
    ) -> None:
        self.faces = [image for image in images if len(image.boxes)]
        self.empty = [image for image in images if not len(image.boxes)]
        self.crops, self.rendered, self.size = crops, rendered, size
        # Weight images with many faces higher, but less than in proportion to the number of faces.
        crowds = np.array([_unusual_shape(image.boxes).sum() for image in self.faces]) ** 0.65
        self.weights = crowds / crowds.sum()

    def __call__(self, rng: np.random.Generator) -> Sample:
        kind = rng.random()
        if kind < _WINDOWS:
            sample = self._window(self._with_faces(rng), self.size, rng)
        elif kind < _WINDOWS + _MOSAICS:
            sample = self._mosaic(rng)
        elif kind < _WINDOWS + _MOSAICS + _RENDERED and self.rendered:
            sample = self._window(self.rendered[rng.integers(len(self.rendered))], self.size, rng)
        else:
            sample = self._background(self.size, rng)
            if len(self.crops) and rng.random() < _PASTED:
                sample = self._with_pasted(sample, rng)
        return replace(sample, image=_EFFECTS(self._partly_covered(sample, rng), rng))

    def _with_faces(self, rng: np.random.Generator) -> AnnotatedImage:
        return self.faces[rng.choice(len(self.faces), p=self.weights)]

    def _without_faces(self, rng: np.random.Generator) -> AnnotatedImage:
        """Draw an image without faces, or a region beside faces with bodies, hands or hair."""
        part = self._beside_faces(rng) if rng.random() < _BESIDE_FACES else None
        return part or self.empty[rng.integers(len(self.empty))]

    def _beside_faces(self, rng: np.random.Generator) -> AnnotatedImage | None:
        source = self.faces[rng.integers(len(self.faces))]
        sides = np.array(source.image.shape[1::-1])
        for _ in range(8):
            size = (rng.uniform(0.3, 0.9, 2) * sides).astype(int)
            corner = rng.integers(0, sides - size + 1)
            part = np.concatenate([corner, size])
            if not any(_touches(part, box) for box in source.boxes):
                (left, top), (width, height) = corner, size
                image = source.image[top : top + height, left : left + width]
                return AnnotatedImage(image, source.boxes[:0], source.landmarks[:0], source.source)
        return None

    def _mosaic(self, rng: np.random.Generator) -> Sample:
        side = self.size // 2
        windows = [
            self._background(side, rng)
            if rng.random() < _EMPTY_TILES
            else self._window(self._with_faces(rng), side, rng)
            for _ in range(4)
        ]
        left, right = (np.vstack([above.image, below.image]) for above, below in (windows[:2], windows[2:]))
        places = np.array([(0, 0), (0, side), (side, 0), (side, side)], np.float32)
        boxes = [one.boxes + np.append(place, (0, 0)) for one, place in zip(windows, places, strict=True)]
        landmarks = [one.landmarks + place for one, place in zip(windows, places, strict=True)]
        return Sample(
            np.hstack([left, right]), np.concatenate(boxes).astype(np.float32),
            np.concatenate(landmarks).astype(np.float32),
        )  # fmt: skip

    def _background(self, size: int, rng: np.random.Generator) -> Sample:
        """Draw a window without faces, rotated by multiples of 90 degrees, perhaps blended, with text or inverted."""
        sample = self._window(self._without_faces(rng), size, rng)
        image = sample.image
        if rng.random() < 0.25:
            other = self._window(self._without_faces(rng), size, rng).image
            image = np.asarray(cv2.addWeighted(image, 0.5, other, 0.5, 0), np.uint8)
        if rng.random() < 0.15:
            image = 255 - image
        image = np.ascontiguousarray(np.rot90(image, int(rng.integers(4))))
        return replace(sample, image=written_over(image, rng) if rng.random() < _WRITTEN else image)

    def _window(self, source: AnnotatedImage, size: int, rng: np.random.Generator) -> Sample:
        """Draw a square window, perhaps stretched, in which one face, if there is any, has a random size."""
        wider = float(np.exp(rng.uniform(-0.3, 0.3))) if rng.random() < _STRETCHED else 1.0
        phase = np.array([wider, 1 / wider], np.float32)
        height, width = source.image.shape[:2] * phase[::-1]
        boxes, landmarks = source.boxes * np.tile(phase, 2), source.landmarks * phase
        if len(boxes):
            sides = np.sqrt(boxes[:, 2] * boxes[:, 3])
            likely = np.sqrt(sides) * _unusual_shape(source.boxes)
            chosen = boxes[rng.choice(len(sides), p=likely / likely.sum())]
            side = float(np.sqrt(chosen[2] * chosen[3]))
            # Images smaller than the window are rare, because the surrounding area is not useful for training.
            minimum = 0.15 if rng.random() < _SMALL_IMAGES else size / max(height, width)
            scale = float(np.clip(_random_face_size(rng, size) / side, minimum, 4.0))
            reach = max(size / scale / 2 - side / 2, 0.0)
            center = chosen[:2] + chosen[2:] / 2 + rng.uniform(-reach, reach, 2)
        else:
            scale = size / min(height, width) * float(np.exp(rng.uniform(-0.4, 0.8)))
            center = rng.uniform((0, 0), (width, height))
        half, whole = size / scale / 2, np.array((width, height))
        center = np.clip(center, np.minimum(half, whole - half), np.maximum(half, whole - half))
        flip = rng.random() < 0.5
        matrix = _similarity(center, scale, _random_roll(rng), flip, ((size - 1) / 2,) * 2)
        method = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
        image = _shrunk_warp(source.image, matrix * np.append(phase, 1), scale, size, method)
        boxes, landmarks = _moved(boxes, landmarks, matrix, flip)
        return _inside(Sample(image, boxes, landmarks), size)

    def _with_pasted(self, sample: Sample, rng: np.random.Generator) -> Sample:
        image = sample.image.copy()
        boxes, landmarks = list(sample.boxes), list(sample.landmarks)
        for _ in range(int(rng.integers(1, 4))):
            scale = _random_face_size(rng, self.size) / float(np.sqrt(np.prod(TEMPLATE_BOX[1] - TEMPLATE_BOX[0])))
            room = max(self.size - 80 * scale, 1.0)
            place = 40 * scale + rng.uniform(0, room, 2)
            flip = rng.random() < 0.5
            matrix = _similarity(TEMPLATE_BOX.mean(0), scale, _random_roll(rng), flip, place)
            corner_box = np.concatenate([TEMPLATE_BOX[0], TEMPLATE_BOX[1] - TEMPLATE_BOX[0]])[None]
            box, marks = _moved(corner_box.astype(np.float32), TEMPLATE[None], matrix, flip)
            if any(_touches(box[0], other) for other in boxes):
                continue
            _paste(image, self.crops[rng.integers(len(self.crops))], matrix, scale, rng)
            boxes.append(box[0])
            landmarks.append(marks[0])
        return _inside(Sample(image, np.reshape(boxes, (-1, 4)), np.reshape(landmarks, (-1, 5, 2))), self.size)

    def _partly_covered(self, sample: Sample, rng: np.random.Generator) -> RGB:
        """Cover one side of some faces with a strip of background; their annotations are kept."""
        image = sample.image.copy()
        for x, y, width, height in sample.boxes:
            if rng.random() >= _COVERED:
                continue
            # The strip extends beyond the box, so that its edges do not mark the position of the face.
            corners, size = np.array([(x, y), (x + width, y + height)]), np.array((width, height))
            across, far = rng.integers(2, size=2)
            corners[1 - far, across] += (rng.uniform(0.1, 0.3) - 1) * size[across] * (1 - 2 * far)
            corners += rng.uniform(0, 0.15, (2, 2)) * np.stack([-size, size])
            left, top, right, bottom = np.clip(corners, 0, self.size).round().astype(int).ravel()
            if right > left and bottom > top:
                texture = self._without_faces(rng).image
                image[top:bottom, left:right] = cv2.resize(texture, (right - left, bottom - top))
        return image


def _unusual_shape(boxes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Compute sampling weights that favor profiles and turned heads, which are rare and missed most often."""
    return np.asarray(1 + 3 * np.minimum(np.abs(np.log(boxes[:, 2] / boxes[:, 3] / 0.77)), 0.7), np.float32)


def _random_face_size(rng: np.random.Generator, size: int) -> float:
    return float(np.exp(rng.uniform(np.log(SMALLEST), np.log(size * 0.95))))


def _random_roll(rng: np.random.Generator) -> float:
    """Draw a roll angle in degrees: mostly near 0, one in ten uniform up to 60."""
    return float(rng.normal(0, 14) if rng.random() < 0.9 else rng.uniform(-60, 60))


def _similarity(
    center: npt.NDArray[np.floating],
    scale: float,
    degrees: float,
    flip: bool,
    place: tuple[float, ...] | npt.NDArray[np.floating],
) -> npt.NDArray[np.float64]:
    """Return the (2, 3) matrix that rotates, scales and perhaps flips about `center` and moves it to `place`."""
    angle = np.radians(degrees)
    linear = scale * np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    if flip:
        linear[:, 0] *= -1
    return np.column_stack([linear, np.asarray(place) - linear @ center])


def _shrunk_warp(image: RGB, matrix: npt.NDArray[np.float64], scale: float, size: int, method: int) -> RGB:
    """Warp an image; strong reductions use area averaging first, to avoid aliasing."""
    if method == cv2.INTER_AREA:
        image = cv2.resize(image, None, fx=scale * 1.5, fy=scale * 1.5, interpolation=cv2.INTER_AREA)
        matrix = np.column_stack([matrix[:, :2] / (scale * 1.5), matrix[:, 2]])
    return np.asarray(
        cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderValue=(128, 128, 128)), np.uint8
    )


def _moved(
    boxes: npt.NDArray[np.float32], landmarks: npt.NDArray[np.float32], matrix: npt.NDArray[np.float64], flip: bool
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Transform boxes (kept upright, same proportions) and landmarks; a flip exchanges left and right landmarks."""
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    centers = (boxes[:, :2] + boxes[:, 2:] / 2) @ matrix[:, :2].T + matrix[:, 2]
    sizes = boxes[:, 2:] * scale
    points = landmarks @ matrix[:, :2].T + matrix[:, 2]
    if flip:
        points = points[:, MIRRORED_LANDMARKS]
    return np.hstack([centers - sizes / 2, sizes]).astype(np.float32), points.astype(np.float32)


def _inside(sample: Sample, size: int) -> Sample:
    """Keep the faces whose center is inside the image."""
    centers = sample.boxes[:, :2] + sample.boxes[:, 2:] / 2
    keep = ((centers > 0) & (centers < size)).all(axis=1)
    return Sample(sample.image, sample.boxes[keep].astype(np.float32), sample.landmarks[keep].astype(np.float32))


def _touches(box: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> bool:
    return bool(np.all(box[:2] < other[:2] + other[2:]) and np.all(other[:2] < box[:2] + box[2:]))


def _paste(image: RGB, crop: RGB, matrix: npt.NDArray[np.float64], scale: float, rng: np.random.Generator) -> None:
    """Blend a crop into an image with a soft ellipse, or with hard edges like a photo on a wall."""
    if scale < 0.5:
        crop = np.asarray(cv2.GaussianBlur(crop, (0, 0), 0.35 / scale), np.uint8)
    mask = np.zeros((CROP_SIZE, CROP_SIZE), np.float32)
    if rng.random() < 0.6:
        cv2.ellipse(mask, (56, 58), (50, 60), 0, 0, 360, 1.0, -1)
        mask = cv2.GaussianBlur(mask, (0, 0), 5)
        mask[[0, -1], :] = mask[:, [0, -1]] = 0
    else:
        mask[2:-2, 2:-2] = 1
    size = (image.shape[1], image.shape[0])
    alpha = cv2.warpAffine(mask, matrix, size)[..., None]
    warped = cv2.warpAffine(crop, matrix, size).astype(np.float32)
    image[:] = (warped * alpha + image * (1 - alpha) + 0.5).astype(np.uint8)
