import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from urllib.error import URLError

import numpy as np
import pytest

from edge_siamese.errors import EdgeSiameseError, RuntimeMissingError
from edge_siamese_converter.data.preparation import Preparation
from edge_siamese_converter.data.sources import load_source, pairs_text

datasets = pytest.importorskip("sklearn.datasets", reason="downloads need scikit-learn (the extra 'converter')")
SMALL = Preparation(size=(12, 12))


def test_lfw_is_read_from_the_folder_scikit_learn_unpacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_noise: Callable[..., None]
) -> None:
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))

    def unpack(**options: object) -> None:
        assert options["funneled"] is False
        for person in ("Ann_Li", "Bo_Ek"):
            for number in (1, 2):
                write_noise(
                    tmp_path / "lfw_home" / "lfw" / person / f"{person}_{number:04d}.jpg", 10 * ord(person[0]) + number
                )
        (tmp_path / "lfw_home" / "pairs.txt").write_text("1\t1\n")

    monkeypatch.setattr(datasets, "fetch_lfw_people", unpack)
    found = load_source("lfw", None, SMALL)
    assert found.paths[0] == "Ann_Li/Ann_Li_0001.jpg"
    assert found.counts() == {"Ann_Li": 2, "Bo_Ek": 2}
    assert pairs_text("lfw", None) == "1\t1\n"


def test_olivetti_faces_become_images_of_numbered_people(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = np.linspace(0, 1, 4, dtype=np.float32)[:, None, None] * np.ones((1, 64, 64), np.float32)
    found = SimpleNamespace(images=stored, target=np.array([0, 0, 11, 11]))
    monkeypatch.setattr(datasets, "fetch_olivetti_faces", lambda: found)
    images = load_source("olivetti", None, SMALL)
    assert images.paths == ["s01/01", "s01/02", "s12/01", "s12/02"]
    assert images.images[:, 0, 0, 0].tolist() == [0, 85, 170, 255]


@pytest.mark.parametrize(("kind", "fetch"), [("lfw", "fetch_lfw_people"), ("olivetti", "fetch_olivetti_faces")])
def test_without_a_network_a_sentence_says_so(kind: str, fetch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise URLError("no route to host")

    monkeypatch.setattr(datasets, fetch, fail)
    with pytest.raises(EdgeSiameseError, match=f"{kind} cannot be downloaded .*no route to host.*"):
        load_source(kind, None, SMALL)


def test_without_scikit_learn_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(RuntimeMissingError, match="scikit-learn, which is not installed"):
        load_source("olivetti", None, SMALL)
