"""The commands ``plot`` and ``report`` and what they draw, on a finished run and on the ``.npz`` of ``embed``."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.cli.main import main
from edge_siamese.errors import DataError
from edge_siamese_converter.cli.plot import _KINDS
from edge_siamese_converter.reports.run_report import RunArrays, RunReport
from edge_siamese_converter.reports.single_plot import KINDS, PlotInput, draw

pytest.importorskip("sklearn", reason="t-SNE needs scikit-learn (the extra 'converter')")


def answer(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def run(report: RunReport, arrays: RunArrays, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    report.save(folder)
    arrays.save(folder)
    return folder


def faces_file(folder: Path, *, paths: list[str] | None = None) -> Path:
    """What ``embed`` writes: six people of four photos, and a second face on the first one."""
    rng = np.random.default_rng(2)
    labels = np.append(np.repeat(np.arange(6), 4), 0)
    vectors = rng.normal(size=(6, 16))[labels] + 0.4 * rng.normal(size=(25, 16))
    landmarks = np.array([(38, 52), (73, 52), (56, 72), (42, 92), (71, 92)], np.float32)
    path = folder / "faces.npz"
    np.savez(
        path,
        paths=np.array(paths or [f"images/p{number}/{row % 24}.png" for row, number in enumerate(labels)]),
        face_index=np.append(np.zeros(24, np.int32), 1),
        landmarks=np.tile(landmarks, (25, 1, 1)),
        embeddings=np.rint(20 * vectors).astype(np.int8) + np.int8(5),
        zero_point=np.int8(5),
        embedder_digest=np.array("ab" * 32),
    )
    return path


def dataset(folder: Path) -> Path:
    for row in range(24):
        (folder / f"p{row // 4}").mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / f"p{row // 4}" / f"{row}.png"), np.full((112, 112, 3), 10 * row, np.uint8))
    return folder


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"umap"}))
def test_every_image_of_a_run_is_drawn(run: Path, tmp_path: Path, kind: str) -> None:
    output = tmp_path / ("map.png" if kind == "map" else f"{kind}.svg")
    draw(kind, PlotInput.of_run(run), output)
    assert output.stat().st_size > 1000


def test_the_command_knows_every_kind() -> None:
    assert set(_KINDS) == KINDS.keys()


def test_a_run_is_evaluated_where_its_report_decides(run: Path, report: RunReport) -> None:
    assert PlotInput.of_run(run).threshold == 0.3
    assert PlotInput.of_run(run).int8
    assert not PlotInput.of_run(run, floating=True).int8


def test_embeddings_are_read_by_person_and_the_first_face_counts(tmp_path: Path) -> None:
    probe = PlotInput.of_embeddings(faces_file(tmp_path))
    assert probe.arrays.class_names == [f"p{number}" for number in range(6)]
    assert probe.arrays.paths[0] == "p0/0.png"
    assert probe.vectors.shape == (24, 16)
    assert len(probe.pairs.scores) == 24 * 23 // 2
    assert probe.verification.curve.auc > 0.9
    assert probe.threshold == probe.verification.curve.eer_threshold


def test_thumbnails_are_the_aligned_photos(tmp_path: Path) -> None:
    probe = PlotInput.of_embeddings(faces_file(tmp_path), dataset(tmp_path / "dataset"))
    assert probe.shown.shape == (24, 56, 56, 3)
    assert [int(image[28, 28, 0]) for image in probe.shown] == [10 * row for row in range(24)]
    draw("map", probe, tmp_path / "map.png")
    draw("pairs", probe, tmp_path / "pairs.png")


def test_thumbnails_need_photos(tmp_path: Path) -> None:
    path = faces_file(tmp_path)
    with pytest.raises(DataError, match="--photos FOLDER"):
        draw("map", PlotInput.of_embeddings(path), tmp_path / "map.png")
    (dataset(tmp_path / "dataset") / "p3" / "12.png").unlink()
    with pytest.raises(DataError, match=r"'p3/12\.png' is not among them"):
        PlotInput.of_embeddings(path, tmp_path / "dataset")


def test_the_command_writes_a_image(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer("plot", "roc", run, "-o", tmp_path / "roc.svg", "--float") == 0
    assert "AUC" in (tmp_path / "roc.svg").read_text()
    assert answer("plot", "det", faces_file(tmp_path), "-o", tmp_path / "det.png") == 0
    assert capsys.readouterr().out == ""
    assert answer("plot", "roc", run, "-o", tmp_path / "roc.svg", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["schema"], report["kind"]) == ("edge-siamese/plot/1", "roc")
    assert report["output"] == str(tmp_path / "roc.svg")


@pytest.mark.parametrize(("arguments", "message"), [
    (("roc", "RUN", "-o", "roc.pdf"), "ends in .svg or .png"),
    (("map", "RUN", "-o", "map.svg"), "ends in .png or .jpg or .webp"),
    (("roc", "nothing.npz", "-o", "roc.svg"), "expected a run folder or the .npz"),
])  # fmt: skip
def test_what_cannot_be_drawn_ends_with_a_sentence(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    places = [run if each == "RUN" else tmp_path / each if "." in each else each for each in arguments]
    assert answer("plot", *places) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_photos_of_nobody_are_rejected(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected photos as <person>/<photo>, found 'a\.png'"):
        PlotInput.of_embeddings(faces_file(tmp_path, paths=["a.png"] * 25))


def test_a_matrix_that_nobody_can_read_is_rejected(arrays: RunArrays) -> None:
    many = replace(arrays, labels=np.arange(40), class_names=[str(number) for number in range(40)])
    with pytest.raises(DataError, match="expected enrolled images and probes, found 40 and 0"):
        draw("confusion", PlotInput(many), Path("confusion.svg"))


def test_the_report_is_made_anew_and_says_its_figures(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer("report", run) == 0
    printed = capsys.readouterr()
    assert "published" in printed.out
    assert "report.html: written" in printed.err
    assert answer("report", run, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["schema"] == "edge-siamese/report/1"
    assert 0.5 < report["int8"]["verification"]["auc"] <= 1
    assert report["published"]["metrics"]["auc"] == 0.7


def test_a_folder_without_a_run_is_rejected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer("report", tmp_path) == 2
    assert "expected the folder of a finished run" in capsys.readouterr().err
