"""What the documentation claims about real photos. Needs the data named by ``EDGE_SIAMESE_DATA``."""

import json
import os
from pathlib import Path

import pytest

from edge_siamese.cli.main import main

DATA = Path(os.environ.get("EDGE_SIAMESE_DATA", ""))
pytestmark = pytest.mark.skipif(
    "EDGE_SIAMESE_DATA" not in os.environ, reason="EDGE_SIAMESE_DATA does not name a folder with the real photos"
)


def answer(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, object]:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    assert not ended.value.code
    report: dict[str, object] = json.loads(capsys.readouterr().out)
    return report


@pytest.mark.parametrize(("embedder", "minimum"), [("embedder", 0.975), ("embedder-tiny", 0.96)])
def test_lfw_pairs_are_distinguished_end_to_end(
    capsys: pytest.CaptureFixture[str], embedder: str, minimum: float
) -> None:
    report = answer(capsys, "evaluate", DATA / "lfw_dev.zip", "--json", "--embedder", embedder)
    assert (report["genuine_pairs"], report["impostor_pairs"], report["photos"]) == (1500, 1500, 3811)
    assert float(str(report["accuracy"])) >= minimum
    assert int(str(report["faces_not_found"])) <= 0.003 * 3811


def test_faces_are_found_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    report = answer(capsys, "bench", "detection", DATA / "detection.zip", "--json")
    metrics = report["annotated"]["detectors"][0]  # type: ignore[index]
    assert (metrics["recall"][">=40"]["of"], metrics["negatives_with_a_box"]["of"]) == (307, 150)
    assert metrics["recall"][">=40"]["rate"] >= 0.88
    assert metrics["false_boxes_a_image"] <= 0.3
    assert metrics["negatives_with_a_box"]["rate"] <= 0.01


def test_strangers_stay_unknown_in_the_loop(capsys: pytest.CaptureFixture[str]) -> None:
    report = answer(capsys, "bench", "accuracy", DATA / "celeba_dev.zip", "--protocol", "open-set", "--json")
    results = report["results"]
    assert isinstance(results, list)
    assert {result["shown_as"] for result in results} == {"stills", "video"}
    for result in results:
        assert result["stranger_images"] > 100
        if result["target_fpir"] == 1e-3:
            assert result["strangers_named"] <= 0.01
            assert result["named_rightly"] >= 0.85
