"""A teacher folder of rendered people."""

import csv
import gzip
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.rendering import Person, View, render_crop

PEOPLE, PHOTOS = 5, 3


@pytest.fixture(scope="package")
def crops() -> np.ndarray:
    views = (View.random(np.random.default_rng(number), difficulty=0.4) for number in range(PEOPLE * PHOTOS))
    return np.stack([render_crop(Person.from_seed(3700 + row // PHOTOS), view) for row, view in enumerate(views)])


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory, crops: np.ndarray) -> Path:
    """A teacher folder of the rendered people and two crops of people nobody knows."""
    path = tmp_path_factory.mktemp("teacher")
    names = [f"p{row // PHOTOS}" for row in range(len(crops))] + ["", ""]
    with gzip.open(path / "faces.csv.gz", "wt", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["index", "shard", "file", "source", "identity", "source_face_px"])
        writer.writerows([row, "faces.zip", f"{row:05d}.png", "s", name, 70 + row] for row, name in enumerate(names))
    with zipfile.ZipFile(path / "faces.zip", "w") as archive:
        for row in range(len(names)):
            _, png = cv2.imencode(".png", crops[row % len(crops)][..., ::-1])
            archive.writestr(f"{row:05d}.png", png.tobytes())
    np.save(path / "teacher_int8.npy", np.random.default_rng(0).integers(-127, 128, (len(names), 512), np.int8))
    return path
