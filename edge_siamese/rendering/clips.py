"""Synthetic video clips of people who enter, turn their heads, speak and leave."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import DataError
from .backgrounds import checked_size
from .people import Person
from .scenes import Rendering, render_scene
from .views import View

_EMPTY_SHARE = 0.3  # share of each person's time in which the scene is empty before the person enters


@dataclass(frozen=True)
class Clip:
    """A clip: the scene is empty, a person walks in, turns the head, speaks, smiles and leaves; then the next person.

    Iterating yields ``(timestamp_ns, rendering, name)`` for each frame; `name` is the person in the image or None. A person
    counts as present if a part of the face's box is inside the image; otherwise the rendering has no face. Equal clips give
    equal frames.

    Attributes:
        people: names and persons in the order of their appearance; a person may come twice.
        seconds_each: duration of each visit in seconds; the scene is empty for 0.3 of it before each visit and at the end.
        fps: frames per second.
        size: width and height in pixels.
        seed: seed of the movements, the light and the background.
    """

    people: Sequence[tuple[str, Person]]
    seconds_each: float = 2.0
    fps: float = 10
    size: tuple[int, int] = (320, 240)
    seed: int = 0

    def __post_init__(self) -> None:
        checked_size(self.size)
        if not (self.seconds_each > 0 and 0 < self.fps <= 1000):
            raise DataError(
                f"a clip needs a positive time for each person and 0 to 1000 frames a second, "
                f"not {self.seconds_each:g} s at {self.fps:g}"
            )

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.people) * (self._frames_empty + self._frames_each) + self._frames_empty

    @property
    def _frames_each(self) -> int:
        return max(1, round(self.seconds_each * self.fps))

    @property
    def _frames_empty(self) -> int:
        return max(1, round(_EMPTY_SHARE * self.seconds_each * self.fps))

    def __iter__(self) -> Iterator[tuple[int, Rendering, str | None]]:
        number = 0
        empty = render_scene([], size=self.size, background_seed=self.seed)
        for turn, (name, person) in enumerate(self.people):
            for _ in range(self._frames_empty):
                yield self._time(number), empty, None
                number += 1
            visit = _ClipVisit.drawn(self.seed, turn)
            for step in range(self._frames_each):
                rendering, present = visit.at((step + 0.5) / self._frames_each, person, self.size, self.seed)
                yield self._time(number), rendering, name if present else None
                number += 1
        for _ in range(self._frames_empty):
            yield self._time(number), empty, None
            number += 1

    def _time(self, number: int) -> int:
        return round(number * 1e9 / self.fps)


@dataclass(frozen=True)
class _ClipVisit:
    """One person's visit: side of entry, light, size of the face and phases of the movements."""

    side: int
    light: View
    height: float
    phases: tuple[float, ...]

    @classmethod
    def drawn(cls, seed: int, turn: int) -> "_ClipVisit":
        rng = np.random.default_rng([9, seed, turn])
        side = 1 if rng.random() < 0.5 else -1
        light = replace(View.random(rng, 0.35), smile=0.0, mouth_open=0.0, blink=0.0, gaze_x=0.0, gaze_y=0.0)
        return cls(side, light, float(rng.uniform(0.46, 0.58)), tuple(rng.uniform(0, 2 * np.pi, 5).tolist()))

    def at(self, time: float, person: Person, size: tuple[int, int], seed: int) -> tuple[Rendering, bool]:
        """Render the frame at a time from 0 to 1; returns it and whether the face is in the image."""
        width, height = size
        # Eased walk in during the first fifth, out during the last.
        away = _eased(1 - time / 0.2) - _eased((time - 0.8) / 0.2)
        wave = [
            np.sin(2 * np.pi * rate * time + phase)
            for rate, phase in zip((1, 0.8, 0.6, 4, 1.3), self.phases, strict=True)
        ]
        speaking = _eased((time - 0.35) / 0.08) - _eased((time - 0.65) / 0.08)
        view = replace(
            self.light,
            yaw=16 * wave[0] - 22 * self.side * away,
            pitch=6 * wave[1],
            roll=4 * wave[2],
            mouth_open=0.55 * speaking * (0.5 + 0.5 * wave[3]),
            smile=0.8 * (_eased((time - 0.66) / 0.08) - _eased((time - 0.84) / 0.08)),
            blink=max(0.0, 1 - abs(time - 0.5) / 0.03),
            brow=0.3 * wave[4],
        )
        x = (width - 1) / 2 + self.side * away * 0.95 * width
        y = 0.46 * height + 0.01 * height * wave[1]
        rendering = render_scene([(person, view, self.height * height, (x, y))], size=size, background_seed=seed)
        left, _, wide, _ = rendering.boxes[0]
        if -wide < left < width:
            return rendering, True
        return Rendering(rendering.image, rendering.boxes[:0], rendering.landmarks[:0]), False


def _eased(time: float) -> float:
    """Smooth step from 0 to 1 with zero slope at both ends."""
    t = float(np.clip(time, 0, 1))
    return t * t * (3 - 2 * t)
