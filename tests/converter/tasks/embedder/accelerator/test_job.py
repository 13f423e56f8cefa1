"""Training jobs on disk."""

import json
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.tasks.embedder.accelerator.job import Job
from edge_siamese_converter.tasks.embedder.accelerator.settings import (
    JobPhase,
    JobSettings,
    load_settings,
    save_settings,
)

from .conftest import NO_EFFECTS, PEOPLE, VIEWS, WriteJob


def test_settings_survive_the_file(tmp_path: Path) -> None:
    phase = JobPhase(images=5, learning_rate=1e-3, slope_share=(1.0, 0.5), augmentation=NO_EFFECTS)
    settings = JobSettings(network={"stem": 4}, teacher={"stem": 8}, phases=(phase,), license="research")
    save_settings(tmp_path / "job.json", settings)
    assert load_settings(tmp_path / "job.json") == settings


@pytest.mark.parametrize(
    ("text", "expected"),
    [("{", "cannot be read as JSON"), ("[]", "expected a document of schema"), ('{"schema": "x/1"}', "of schema")],
)
def test_other_files_are_not_settings(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "job.json").write_text(text)
    with pytest.raises(DataError, match=expected):
        load_settings(tmp_path / "job.json")


def test_an_unknown_setting_is_named(tiny_job: WriteJob) -> None:
    path = tiny_job({"images": 8}) / "job.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps(document | {"momentum": 1}))
    with pytest.raises(DataError, match="momentum"):
        load_settings(path)


def test_a_job_reads_all_crops_and_keeps_validation_people_apart(tiny_job: WriteJob) -> None:
    job = Job(tiny_job({"images": 8}))
    crops = job.crops()
    assert crops.shape == (PEOPLE * VIEWS, 112, 112, 3)
    assert len(np.unique(job.identities[job.validation])) == 2
    assert not set(job.identities[job.validation]) & set(job.identities[~job.validation])
    assert job.directions().shape == (16, 8)


def test_a_damaged_shard_is_named(tiny_job: WriteJob) -> None:
    folder = tiny_job({"images": 8})
    shard = folder / "00-faces-00.zip"
    data = shard.read_bytes()
    shard.unlink()
    shard.write_bytes(data[: len(data) // 2])
    with pytest.raises(DataError, match=r"00-faces-00\.zip"):
        Job(folder).crops()


@pytest.mark.parametrize("missing", ["00-faces-00.zip", "teacher.npz", "job.json", "faces.csv.gz"])
def test_a_missing_file_is_named(tiny_job: WriteJob, missing: str) -> None:
    folder = tiny_job({"images": 8})
    (folder / missing).unlink()
    with pytest.raises(DataError, match=missing):
        _read_whole(folder)


def _read_whole(folder: Path) -> None:
    job = Job(folder)
    job.directions()
    job.crops()
