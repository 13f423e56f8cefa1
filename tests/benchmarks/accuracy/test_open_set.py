import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.cli.main import main
from edge_siamese.errors import DataError
from edge_siamese.identity_dataset import IdentityDataset
from edge_siamese.rendering import Person, View, render_portrait
from edge_siamese_benchmarks.accuracy.open_set import split_open_set

PEOPLE, PHOTOS = 5, 4


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
    for person in range(PEOPLE):
        (folder / f"p{person}").mkdir()
        for number in range(PHOTOS):
            view = View.random(np.random.default_rng((person, number)), difficulty=0.5)
            portrait = render_portrait(Person.from_seed(3600 + person), view, background_seed=number)
            cv2.imwrite(str(folder / f"p{person}" / f"{number}.jpg"), portrait.image[..., ::-1])
    return folder


def test_enrolled_photos_are_never_shown(dataset: Path) -> None:
    split = split_open_set(IdentityDataset(dataset), people=3, photos=2)
    assert len(split.names) == 3
    assert len(split.enrolled) == 6
    assert len(split.shown) == PEOPLE * PHOTOS - 6
    assert not set(split.enrolled) & set(split.shown)
    assert {photo.person for photo in split.enrolled} == split.names
    assert {photo.person for photo in split.shown} == {f"p{person}" for person in range(PEOPLE)}


def test_the_split_is_the_same_every_time(dataset: Path) -> None:
    assert split_open_set(IdentityDataset(dataset), 3, 2) == split_open_set(IdentityDataset(dataset), 3, 2)


@pytest.mark.parametrize(("people", "photos"), [(5, 2), (3, 4)])
def test_without_strangers_or_photos_left_there_is_nothing_to_measure(dataset: Path, people: int, photos: int) -> None:
    with pytest.raises(DataError, match="strangers beside them, found"):
        split_open_set(IdentityDataset(dataset), people, photos)


def test_stills_and_video_go_through_the_loop(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(
            ["bench", "accuracy", str(dataset), "--protocol", "open-set", "--people", "3", "--photos", "2", "--target-fpir", "0.01", "--json",
             "--keep", str(tmp_path / "kept")]
        )  # fmt: skip
    assert not ended.value.code
    report = json.loads(capsys.readouterr().out)
    assert (report["skipped"], report["notes"]) == ([], [])
    stills, video = report["results"]
    assert (stills["shown_as"], video["shown_as"]) == ("stills", "video")
    for result in (stills, video):
        assert (result["enrolled_images"], result["stranger_images"]) == (6, 8)
        assert result["named_rightly"] > result["named_wrongly"]
    assert (tmp_path / "kept" / "people.esg").exists()
    assert (tmp_path / "kept" / "shown.avi").exists()
