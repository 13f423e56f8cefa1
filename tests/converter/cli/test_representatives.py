"""``edge-siamese representatives`` on embeddings, as a person types it."""

import json
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.cli.main import main
from edge_siamese.models import default_model
from edge_siamese.tflite.model_card import read_card

PEOPLE, PHOTOS = 5, 4


@pytest.fixture
def embeddings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five people with four photos; the last of person 0 is of person 1."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1738324800")
    card, rng = read_card(default_model("embedder")), np.random.default_rng(5)
    centers = rng.normal(0, 40, (PEOPLE, card.dimension))
    rows = np.repeat(centers, PHOTOS, axis=0) + rng.normal(0, 15, (PEOPLE * PHOTOS, card.dimension))
    rows[PHOTOS - 1] = centers[1] + rng.normal(0, 15, card.dimension)
    np.savez(
        "faces.npz",
        paths=np.array([f"p{person}/{photo}.jpg" for person in range(PEOPLE) for photo in range(PHOTOS)]),
        face_index=np.zeros(len(rows), int),
        embeddings=np.clip(rows + card.zero_point, -128, 127).astype(np.int8),
        embedder_digest=np.array(card.digest),
    )
    return tmp_path / "faces.npz"


def answer(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["representatives", "faces.npz", *arguments])
    return int(ended.value.code or 0)


@pytest.mark.usefixtures("embeddings")
def test_the_choice_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer("--templates-per-person", "2") == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert [line.split()[2] for line in lines[1:-1]] == ["chosen"] * 2 * PEOPLE
    assert lines[-1].startswith("10 templates of 20 photos stand for 5 people: ")
    assert printed.err == (
        "edge-siamese: p0/3.jpg: kept, but unlike the other photos of the person; --reject-outliers leaves it out\n"
    )


@pytest.mark.usefixtures("embeddings")
def test_the_document_accounts_for_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer("--budget", "4kB", "--reject-outliers", "--curve", "curve.csv", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["schema"] == "edge-siamese/representatives/1"
    assert report["budget"] == 4000
    assert 3700 < report["bytes"] <= 4000
    statuses = {photo["photo"]: photo["status"] for person in report["people"] for photo in person["photos"]}
    assert len(statuses) == PEOPLE * PHOTOS
    assert [photo for photo, status in statuses.items() if status == "rejected"] == ["p0/3.jpg"]
    assert sum(status == "chosen" for status in statuses.values()) == report["templates"]
    assert len(report["curve"]) == len(Path("curve.csv").read_text().splitlines()) - 1


@pytest.mark.usefixtures("embeddings")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(("--curve", "c.png"), "ends in .svg or .csv"), (("--budget", "1kB"), "expected a budget of at least")],
)
def test_bad_options_are_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    assert answer(*arguments) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert sentence in printed.err
