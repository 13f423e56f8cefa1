"""Random composition of training images for the detector.

There are four kinds of samples:

* a window of an annotated image, warped (scale, rotation, flip, aspect ratio) so that one of its faces has a random size,
* the same with a portrait: an image of one face, whose surroundings are a background,
* a mosaic of four such windows (Bochkovskiy et al., "YOLOv4", 2020), which has more faces per image,
* a background window with pasted faces: aligned crops, with the landmarks of the template, or rendered faces, with exact
  landmarks.

Backgrounds are images without faces and regions beside faces. They may be rotated by 90 degrees, inverted, blended with
another background or overlaid with text. Faces may be partly occluded, or wear a drawn mask or drawn glasses. Camera
effects, darkness and infrared light are applied last (`augmentation`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from edge_siamese.alignment import TEMPLATE
from edge_siamese.frames import RGB

from ...augmentation.accessories import with_glasses, with_mask
from ...augmentation.face_crop import CameraAugmentation
from ...augmentation.night import darkened, infrared
from ...augmentation.text_overlay import written_over
from ...data.detection import AnnotatedImage
from .geometry import moved, paste, shrunk_warp, similarity, touches

# Position of annotated boxes in the aligned crop (medians over the frontal faces of the training images).
TEMPLATE_BOX = np.array([(16.2, 9.3), (96.0, 118.8)], np.float32)
SMALLEST = 8.0
_OUTSIDE = 128  # gray around images
_WINDOWS, _MOSAICS, _RENDERED = 0.4, 0.25, 0.05  # shares; the rest are backgrounds
_PASTED, _EMPTY_TILES = 0.5, 0.15  # backgrounds with faces pasted in; tiles of a mosaic that are backgrounds
_BESIDE_FACES = 0.6  # share of the backgrounds that are regions beside faces
_WRITTEN = 0.4  # share of the backgrounds with text or icons
_PORTRAITS = 0.35  # share of the windows and tiles that show a portrait, if there are any
_COVERED = 0.05  # share of the faces that are partly occluded
_MASKED, _GLASSES = 0.05, 0.04  # shares of the faces with landmarks that wear something drawn
_DARK, _INFRARED = 0.06, 0.05  # shares of the samples
_LARGEST = 1.2  # largest face relative to the side of the sample
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
        portraits: images of one or few faces, such as profiles; only their faces are shown often, not their surroundings.
    """

    def __init__(
        self,
        images: list[AnnotatedImage],
        crops: npt.NDArray[np.uint8],
        rendered: list[AnnotatedImage],
        size: int,
        portraits: Sequence[AnnotatedImage] = (),
    ) -> None:
        self.portraits = portraits
        self.faces = [image for image in images if len(image.boxes)]
        self.empty = [image for image in images if not len(image.boxes)]
        self.crops, self.rendered, self.size = crops, rendered, size
        # Weight images with many faces higher, but less than in proportion to the number of faces.
        crowds = np.array([_unusual_shape(image.boxes).sum() for image in self.faces]) ** 0.65
        self.weights = crowds / crowds.sum()

    def __call__(self, rng: np.random.Generator) -> Sample:
        kind = rng.random()
        if kind < _WINDOWS:
            sample = self._faces_window(self.size, rng)
        elif kind < _WINDOWS + _MOSAICS:
            sample = self._mosaic(rng)
        elif kind < _WINDOWS + _MOSAICS + _RENDERED and self.rendered:
            sample = self._window(self.rendered[rng.integers(len(self.rendered))], self.size, rng)
        else:
            sample = self._background(self.size, rng)
            if len(self.crops) and rng.random() < _PASTED:
                sample = self._with_pasted(sample, rng)
        image = _EFFECTS(self._partly_covered(replace(sample, image=_with_accessories(sample, rng)), rng), rng)
        for share, effect in ((_DARK, darkened), (_INFRARED, infrared)):
            if rng.random() < share:
                image = effect(image, rng)
        return replace(sample, image=image)

    def _faces_window(self, size: int, rng: np.random.Generator) -> Sample:
        """Draw a window of an image with faces, or a portrait in front of a background."""
        if not len(self.portraits) or rng.random() >= _PORTRAITS:
            return self._window(self._with_faces(rng), size, rng)
        portrait = self.portraits[int(rng.integers(len(self.portraits)))]
        sample = self._window(portrait, size, rng, minimum=0.02)
        outside = (sample.image == _OUTSIDE).all(axis=2, keepdims=True)
        if outside.mean() < 0.02:
            return sample
        return replace(sample, image=np.where(outside, self._background(size, rng).image, sample.image))

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
            if not any(touches(part, box) for box in source.boxes):
                (left, top), (width, height) = corner, size
                image = source.image[top : top + height, left : left + width]
                return AnnotatedImage(image, source.boxes[:0], source.landmarks[:0], source.source)
        return None

    def _mosaic(self, rng: np.random.Generator) -> Sample:
        side = self.size // 2
        windows = [
            self._background(side, rng) if rng.random() < _EMPTY_TILES else self._faces_window(side, rng)
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

    def _window(
        self, source: AnnotatedImage, size: int, rng: np.random.Generator, minimum: float | None = None
    ) -> Sample:
        """Draw a square window, perhaps stretched, in which one face, if there is any, has a random size.

        The image is not reduced below `minimum`; by default it seldom becomes smaller than the window.
        """
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
            if minimum is None:
                minimum = 0.15 if rng.random() < _SMALL_IMAGES else size / max(height, width)
            scale = float(np.clip(_random_face_size(rng, size) / side, minimum, 4.0))
            reach = max(size / scale / 2 - side / 2, 0.15 * side)
            center = chosen[:2] + chosen[2:] / 2 + rng.uniform(-reach, reach, 2)
        else:
            scale = size / min(height, width) * float(np.exp(rng.uniform(-0.4, 0.8)))
            center = rng.uniform((0, 0), (width, height))
        half, whole = size / scale / 2, np.array((width, height))
        center = np.clip(center, np.minimum(half, whole - half), np.maximum(half, whole - half))
        flip = rng.random() < 0.5
        matrix = similarity(center, scale, _random_roll(rng), flip, ((size - 1) / 2,) * 2)
        method = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
        image = shrunk_warp(source.image, matrix * np.append(phase, 1), scale, size, method)
        boxes, landmarks = moved(boxes, landmarks, matrix, flip)
        return _inside(Sample(image, boxes, landmarks), size)

    def _with_pasted(self, sample: Sample, rng: np.random.Generator) -> Sample:
        image = sample.image.copy()
        boxes, landmarks = list(sample.boxes), list(sample.landmarks)
        for _ in range(int(rng.integers(1, 4))):
            scale = _random_face_size(rng, self.size) / float(np.sqrt(np.prod(TEMPLATE_BOX[1] - TEMPLATE_BOX[0])))
            room = max(self.size - 80 * scale, 1.0)
            place = 40 * scale + rng.uniform(0, room, 2)
            flip = rng.random() < 0.5
            matrix = similarity(TEMPLATE_BOX.mean(0), scale, _random_roll(rng), flip, place)
            corner_box = np.concatenate([TEMPLATE_BOX[0], TEMPLATE_BOX[1] - TEMPLATE_BOX[0]])[None]
            box, marks = moved(corner_box.astype(np.float32), TEMPLATE[None], matrix, flip)
            if any(touches(box[0], other) for other in boxes):
                continue
            paste(image, self.crops[rng.integers(len(self.crops))], matrix, scale, rng)
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
    return float(np.exp(rng.uniform(np.log(SMALLEST), np.log(size * _LARGEST))))


def _random_roll(rng: np.random.Generator) -> float:
    """Draw a roll angle in degrees: mostly near 0, one in six uniform up to 60."""
    return float(rng.normal(0, 14) if rng.random() < 5 / 6 else rng.uniform(-60, 60))


def _with_accessories(sample: Sample, rng: np.random.Generator) -> RGB:
    """Draw masks and glasses on some faces with landmarks."""
    image = sample.image
    for landmarks in sample.landmarks:
        draw = rng.random()
        if draw < _MASKED + _GLASSES and not np.isnan(landmarks).any():
            image = (with_mask if draw < _MASKED else with_glasses)(image, landmarks, rng)
    return image


def _inside(sample: Sample, size: int) -> Sample:
    """Keep the faces whose center is inside the image."""
    centers = sample.boxes[:, :2] + sample.boxes[:, 2:] / 2
    keep = ((centers > 0) & (centers < size)).all(axis=1)
    return Sample(sample.image, sample.boxes[keep].astype(np.float32), sample.landmarks[keep].astype(np.float32))
