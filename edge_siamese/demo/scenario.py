"""Demo scenario: people, clip and expected results."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ..errors import DataError
from ..evaluation.open_set import OpenSetSplit
from ..identity_dataset import IdentityDataset
from ..image_io import write_image
from ..rendering import DEMO_SEEDS, Clip, Person, View, render_portrait

PEOPLE = "people"
NAMES = ("Ada", "Ben", "Chloe", "Dev", "Elif", "Femi")
_STRANGERS = 3
_DATASET_PEOPLE, _DATASET_PHOTOS, _GALLERY_PHOTOS = 80, 6, 5
_FPS, _SECONDS_EACH = 10, 1.6


@dataclass(frozen=True)
class DemoScenario:
    """Data of the demo: people, clip or images, and true identities.

    Attributes:
        dataset: people to fine-tune on, ``<person>/<photo>``; `render_dataset` renders them when needed.
        enrolled: people for the gallery, ``<person>/<photo>``; other photos than those of `dataset`.
        shown: a video or folder of images to identify people on.
        truth: the true identity by frame number (video) or path (folder); None for nobody.
        names: the enrolled people.
        rendered: whether the people are rendered.
    """

    dataset: Path
    enrolled: Path
    shown: Path
    truth: dict[int | str, str | None]
    names: tuple[str, ...]
    rendered: bool


def render_scenario(folder: Path) -> DemoScenario:
    """Render the demo's people; no network was trained on their seeds.

    The folder gets ``people/<name>/<number>.jpg``, ``visitor.jpg`` of the first person, ``stranger.jpg`` and
    ``clip.avi``.
    """
    people = [Person.from_seed(seed) for seed in DEMO_SEEDS]
    known, strangers = people[: len(NAMES)], people[len(NAMES) : len(NAMES) + _STRANGERS]
    for name, person in zip(NAMES, known, strict=True):
        _render_photos(folder / PEOPLE / name, person, _GALLERY_PHOTOS, seed=2)
    acts = [*zip(NAMES, known, strict=True), *((f"stranger {n + 1}", who) for n, who in enumerate(strangers))]
    order = np.random.default_rng(3).permutation(len(acts))
    clip = Clip([acts[index] for index in order], seconds_each=_SECONDS_EACH, fps=_FPS, seed=4)
    truth = _write_clip(folder / "clip.avi", clip)
    _render_single(folder / "visitor.jpg", known[0])
    _render_single(folder / "stranger.jpg", strangers[0])
    return DemoScenario(folder / "dataset", folder / PEOPLE, folder / "clip.avi", truth, NAMES, rendered=True)


def render_dataset(folder: Path) -> None:
    """Render the people to fine-tune on: the enrolled people on other photos, and other people, but not the strangers."""
    people = [Person.from_seed(seed) for seed in DEMO_SEEDS]
    others = people[len(NAMES) + _STRANGERS :][: _DATASET_PEOPLE - len(NAMES)]
    dataset = dict(zip(NAMES, people, strict=False)) | {f"person {n:02d}": other for n, other in enumerate(others)}
    for name, person in dataset.items():
        _render_photos(folder / name, person, _DATASET_PHOTOS, seed=1)


def photo_scenario(photos: Path, folder: Path) -> DemoScenario:
    """Split the user's photos: every fourth person is a stranger; the others are enrolled, and shown on one more photo.

    Raises:
        DataError: fewer than two people have two photos.
    """
    with IdentityDataset(photos) as dataset:
        numbers: dict[str, list[int]] = {name: [] for name in dataset.people}
        for index, photo in enumerate(dataset.photos):
            numbers[photo.person].append(index)
        images = {name: np.array(taken, np.int64) for name, taken in numbers.items() if len(taken) >= 2}
        several = list(images)
        if len(several) < 2:
            raise DataError(f"{photos}: the demo needs 2 or more people with 2 or more photos, found {len(several)}")
        strangers = several[3::4]
        split = OpenSetSplit.assign(images, set(several) - set(strangers), lambda taken: taken[:-1])
        truth: dict[int | str, str | None] = {}
        for place, indices in ((PEOPLE, split.enrolled), ("shown", np.sort(np.append(split.known, split.strangers)))):
            for photo in (dataset.photos[index] for index in indices):
                target = (folder / place / photo.path).with_suffix(".png")
                write_image(target, dataset.read(photo))
                if place == "shown":
                    truth[target.relative_to(folder / "shown").as_posix()] = photo.person
    names = tuple(name for name in several if name not in strangers)
    return DemoScenario(photos, folder / PEOPLE, folder / "shown", truth, names, rendered=False)


def empty_folder(folder: Path) -> None:
    """Make an empty folder for the demo; deletes the files of an earlier demo.

    Raises:
        DataError: the folder contains other files.
    """
    marker = folder / ".edge-siamese-demo"
    if folder.exists():
        if not folder.is_dir() or (any(folder.iterdir()) and not marker.exists()):
            raise DataError(
                f"{folder}: expected a new or empty folder, or one of an earlier demo; it holds other files",
                path=folder,
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    marker.touch()


def _render_photos(folder: Path, person: Person, count: int, seed: int) -> None:
    for number in range(count):
        rng = np.random.default_rng((person.seed, seed, number))
        portrait = render_portrait(
            person, View.random(rng, difficulty=0.8), face_height=float(rng.uniform(90, 170)),
            background_seed=int(rng.integers(2**31)),
        )  # fmt: skip
        write_image(folder / f"{number}.jpg", portrait.image)


def _render_single(path: Path, person: Person) -> None:
    view = View(yaw=8.0, smile=0.4)
    write_image(path, render_portrait(person, view, face_height=150.0, background_seed=person.seed).image)


def _write_clip(path: Path, clip: Clip) -> dict[int | str, str | None]:
    """Write a clip as MJPG and return the true identity by frame number."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), clip.fps, clip.size)
    truth: dict[int | str, str | None] = {}
    for number, (_, rendering, name) in enumerate(clip):
        writer.write(cv2.cvtColor(rendering.image, cv2.COLOR_RGB2BGR))
        truth[number] = name
    writer.release()
    return truth
