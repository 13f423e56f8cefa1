import json
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest

from edge_siamese.cli.main import main
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait
from edge_siamese_benchmarks.timing.journal import read_journal

SMALL = ["--ours", "embedder-small+detector-small", "--photos", "2", "--rounds", "6", "--no-arm", "--bootstrap", "100"]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    for seed in DEMO_SEEDS[:3]:
        (folder / str(seed)).mkdir()
        for number in range(2):
            scene = render_portrait(Person.from_seed(seed), View(), size=(240, 240), background_seed=number)
            cv2.imwrite(str(folder / str(seed) / f"{number}.png"), scene.image[..., ::-1])
    return folder


def run(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["bench", "compare", *arguments])
    output = capsys.readouterr()
    return int(ended.value.code or 0), output.out, output.err


def test_rows_and_what_is_missing_are_reported(
    people: Path, tmp_path: Path, fake_python: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("yunet_n_320_320.onnx", "mobilefacenet_int8.tflite", "face_detection_short_range.tflite"):
        (tmp_path / name).write_bytes(bytes(1000))
    peers = ["tflm", "mediapipe", "blazeface", "insightface", "yunet-mobilefacenet"]
    pythons = {
        "tflm": "peak_bytes=7000000",
        "mediapipe": "embeds=0",
        "blazeface": "fault=start",
        "yunet-mobilefacenet": "fault=nan",
    }
    options = [word for peer in peers for word in ("--peer", peer)]
    options += [word for name, how in pythons.items() for word in ("--peer-python", f"{name}={fake_python(how)}")]
    plot, raw = tmp_path / "plot.svg", tmp_path / "raw.jsonl"
    code, out, _ = run(
        [
            str(people),
            *SMALL,
            *options,
            "--peer-files",
            str(tmp_path),
            "--json",
            "--plot",
            str(plot),
            "--raw",
            str(raw),
        ],
        capsys,
    )
    assert code == 0
    report: dict[str, Any] = json.loads(out)
    assert report["schema"] == "edge-siamese/bench-compare/1"
    rows = {row["name"]: row for row in report["contestants"]}
    ours = rows["edge-siamese embedder-small+detector-small"]
    assert next(iter(rows)) == ours["name"]
    assert ours["ratio"] is None
    assert ours["accuracy"]["verification"]["accuracy"] > 0.8
    assert ours["latency"]["detect to embedding"]["wall"]["samples"] == 12
    assert rows["tflm"]["model_bytes"] == 2000
    assert rows["tflm"]["peak_memory_bytes"] == 7_000_000
    assert rows["tflm"]["ratio"]["of"] == "detect to embedding"
    assert rows["tflm"]["difference"]["accuracy"]["value"] < 0
    assert rows["mediapipe"]["ratio"]["of"] == "detect"
    assert rows["mediapipe"]["accuracy"]["verification"] is None
    assert "expected finite numbers" in rows["yunet-mobilefacenet"]["error"]
    reasons = {entry["name"]: entry["reason"] for entry in report["not_run"]}
    assert set(reasons) == {"blazeface", "insightface"}
    assert "exit status 3" in reasons["blazeface"]
    assert "buffalo_sc" in reasons["insightface"]
    assert plot.read_text().startswith("<?xml")
    about, measured = read_journal(raw)
    assert about["host"]["cores"] > 0
    assert measured.partial == ""
    assert len(measured.samples["tflm, detect"]) == 12


def test_markdown_without_data_is_a_table_of_latency(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run([*SMALL, "--markdown", "--peer", "dlib", "--peer-files", str(tmp_path)], capsys)
    assert code == 0
    assert "2 photos of rendered people" in out
    header = next(line for line in out.splitlines() if line.startswith("|  |"))
    assert "model kB" in header
    assert "EER" not in header
    assert "- dlib face_recognition: not run: its environment has no package face_recognition; pip install" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--rounds", "1000000000"], "Invalid value for '--rounds'"),
        (["--photos", "0"], "Invalid value for '--photos'"),
        (["--core", "a99"], "a99"),
        (["--peer", "haar"], "expected NAME or NAME=FILE"),
        (["--peer", "tflm=none.tflite"], "none.tflite: expected"),
        (["--peer-python", "dlib=/no/python"], "/no/python: expected a Python interpreter"),
        (["--peer-python", "python"], "peer-python: expected NAME=PATH"),
        (["--ours", "embedder"], "ours: expected EMBEDDER+DETECTOR"),
        (["--ours", "embedder+detector", "--ours", "embedder+detector"], "expected every contestant once"),
        (["no-such-folder"], "no-such-folder"),
        (["--plot", "plot.txt"], "plot.txt"),
        (["--json", "--markdown"], "expected one of --markdown and --json"),
    ],
)
def test_bad_usage_is_one_sentence(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(arguments, capsys)
    assert code == 2
    assert sentence in err
    assert "Traceback" not in err


@pytest.mark.skipif(platform.machine() != "x86_64", reason="kernels are limited on x86-64 alone")
def test_kernels_can_be_limited() -> None:
    pytest.importorskip("ai_edge_litert")
    command = [sys.executable, "-m", "edge_siamese", "bench", "compare", *SMALL, "--kernels", "avx2", "--json"]
    ended = subprocess.run([*command, "--peer", "inspireface"], capture_output=True, text=True, check=False)
    if "processor has no AVX2" in ended.stderr:
        pytest.skip("this processor has no AVX2")
    report = json.loads(ended.stdout)
    assert report["conditions"]["kernels"]["limit"] == "avx2"
    assert "512" not in report["conditions"]["kernels"]["convolution"]
    assert report["contestants"][0]["error"] is None
