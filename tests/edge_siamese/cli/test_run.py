import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import cv2
import numpy as np
import pytest

from edge_siamese.cli.main import main
from edge_siamese.cli.run import stopping_on_signals
from edge_siamese.engine import FaceEngine
from edge_siamese.faces import Embedding, Face
from edge_siamese.frames import RGB
from edge_siamese.gallery import Gallery
from edge_siamese.operating_point import OperatingPoint
from edge_siamese.rendering import Person, View, render_background, render_portrait
from tests.doubles import AnalyzerDouble, embedder_card

DIGEST = "ab" * 32
CARD = embedder_card(3, digest=DIGEST)
SEEDS = {"Ada": 1, "Bob": 2, "stranger": 5}
COLORS = {"Ada": 0, "Bob": 1, "stranger": 2}
SHOWN = {name: render_portrait(Person.from_seed(seed), View(), background_seed=seed) for name, seed in SEEDS.items()}
NOBODY = render_background((320, 240), 3)


class RenderedPeople(AnalyzerDouble):
    """Knows the rendered images again, by the nearest one, and embeds each person as an axis of its own."""

    def name_on(self, image: RGB) -> str | None:
        if image.shape != NOBODY.shape:
            return None
        images = {None: NOBODY} | {name: rendering.image for name, rendering in SHOWN.items()}
        return min(images, key=lambda name: float(np.abs(images[name].astype(int) - image).mean()))

    def detect(self, image: RGB) -> list[Face]:
        name = self.name_on(image)
        return [] if name is None else [Face(SHOWN[name].boxes[0], SHOWN[name].landmarks[0], 0.99)]

    def align(self, image: RGB, face: Face) -> RGB:
        self.name = self.name_on(image)
        return super().align(image, face)

    def embed_crop(self, crop: RGB) -> Embedding:
        assert self.name is not None
        return self.embedding([100 * (axis == COLORS[self.name]) for axis in range(3)])


@pytest.fixture(autouse=True)
def _engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FaceEngine, "open", lambda **_: RenderedPeople(CARD))


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    known = Gallery(
        names=("Ada", "Bob"),
        identifiers=(UUID(int=1), UUID(int=2)),
        templates=np.array([(100, 0, 0), (0, 100, 0)], np.int8),
        identity_index=np.arange(2, dtype=np.uint32),
        zero_point=0,
        embedder_digest=bytes.fromhex(DIGEST)[:16],
        operating_points=(OperatingPoint(5e-4, 16_000, 4e-4, 9000, 20, 0.1, "00" * 32),),
    )
    known.save(tmp_path / "people.esg")
    return tmp_path / "people.esg"


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = tmp_path / "dataset"
    folder.mkdir()
    shown = {"1": "Ada", "2": "stranger", "10": "Bob"}
    for file, name in shown.items():
        cv2.imwrite(str(folder / f"{file}.png"), SHOWN[name].image[..., ::-1])
    cv2.imwrite(str(folder / "3.png"), NOBODY[..., ::-1])
    (folder / "4.png").write_bytes(b"no image")
    return folder


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "door.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (320, 240))
    for image in [NOBODY] * 2 + [SHOWN["Ada"].image] * 6 + [SHOWN["stranger"].image] * 6:
        writer.write(np.ascontiguousarray(image[..., ::-1]))
    writer.release()
    return path


def succeed(*arguments: str) -> None:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    assert left.value.code == 0


Run = Callable[..., tuple[list[dict[str, Any]], str]]


@pytest.fixture
def run(gallery: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def watched(camera: Path, *options: str) -> tuple[list[dict[str, Any]], str]:
        succeed("run", "--camera", str(camera), "--gallery", str(gallery), "--json", *options)
        captured = capsys.readouterr()
        return [json.loads(line) for line in captured.out.splitlines()], captured.err

    return watched


def decisions(lines: list[dict[str, Any]]) -> list[tuple[str, str, str | None]]:
    return [(line["source"], line["reason"], line["identity"]) for line in lines if line["event"] == "decision"]


def test_every_image_of_a_folder_gets_its_line(run: Run, dataset: Path) -> None:
    lines, _ = run(dataset)
    assert decisions(lines) == [
        ("1.png", "ok", "Ada"),
        ("2.png", "below_threshold", None),
        ("3.png", "no_face", None),
        ("10.png", "ok", "Bob"),
    ]
    assert {line["schema"] for line in lines} == {"edge-siamese/event/1"}
    assert {line["model"]["embedder"] for line in lines} == {DIGEST}


def test_a_run_begins_with_what_it_runs_with_and_ends_with_its_counters(run: Run, dataset: Path) -> None:
    lines, _ = run(dataset)
    assert (lines[0]["event"], lines[-1]["event"]) == ("started", "stopped")
    assert lines[0]["detail"]["identities"] == 2
    assert lines[0]["detail"]["operating_point"]["threshold"] == 16_000 / 32_768
    assert lines[-1]["detail"] == {
        "why": "end", "frames": 4, "stale": 0, "no_face": 1, "faces": 3, "rejected": 0, "embeddings": 3,
        "detections": 4, "dropped": 0, "unreadable": 1,
    }  # fmt: skip


def test_a_video_tells_changes_only(run: Run, video: Path) -> None:
    lines, _ = run(video)
    assert decisions(lines) == [
        ("door.avi", "no_face", None),
        ("door.avi", "ok", "Ada"),
        ("door.avi", "below_threshold", None),
    ]
    assert [line["sequence"] for line in lines if line["event"] == "decision"] == [0, 2, 8]
    assert lines[2]["frame_time_ns"] == pytest.approx(2 * 10**8, abs=1000)
    assert lines[-1]["detail"]["frames"] == 14


def test_arrivals_and_departures_of_a_video(run: Run, video: Path) -> None:
    lines, _ = run(video)
    events = [(line["event"], line["identity"]) for line in lines if line["event"] in ("arrived", "left")]
    assert events == [("arrived", "Ada"), ("left", "Ada")]
    (left,) = (line for line in lines if line["event"] == "left")
    assert left["detail"] == {"present_ms": pytest.approx(500, abs=1)}


def test_people_read_arrivals(gallery: Path, video: Path, capsys: pytest.CaptureFixture[str]) -> None:
    succeed("run", "--camera", f"front door={video}", "--gallery", str(gallery))
    captured = capsys.readouterr()
    assert "front door: Ada arrived" in captured.out
    assert "front door: Ada left, present for 0.5 s" in captured.out
    assert "an FPIR of 0.001 / (2 people) requires an FMR of 0.0005" in captured.err


def test_several_cameras_run_in_one_process(run: Run, video: Path, tmp_path: Path) -> None:
    other = tmp_path / "back.avi"
    other.write_bytes(video.read_bytes())
    lines, _ = run(video, "--camera", f"garden={other}")
    for source in ("door.avi", "garden"):
        own = [line for line in lines if line["source"] == source]
        assert (own[0]["event"], own[-1]["event"], own[-1]["detail"]["frames"]) == ("started", "stopped", 14)
        assert [line["identity"] for line in own if line["event"] == "arrived"] == ["Ada"]


def test_two_cameras_of_one_name_are_a_usage_error(
    gallery: Path, video: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["run", "--camera", str(video), "--camera", str(video), "--gallery", str(gallery)])
    assert left.value.code == 2
    assert "two cameras are named door.avi" in capsys.readouterr().err


def test_an_error_of_one_camera_ends_the_others(run: Run, video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(RenderedPeople, "embed_crop", broken)
    with pytest.raises(MemoryError):
        run(video, "--camera", f"garden={video}", "--realtime")


def test_a_turned_camera_is_turned_back(run: Run, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "side.png"), np.rot90(SHOWN["Ada"].image, -1)[..., ::-1])
    lines, _ = run(tmp_path / "side.png", "--rotate", "90")
    assert decisions(lines) == [("side.png", "ok", "Ada")]


def test_attempts_make_the_target_stricter(run: Run, dataset: Path) -> None:
    _, said = run(dataset, "--attempts", "10")
    assert "(2 people x 10 attempts) requires an FMR of 5e-05" in said
    assert "strictest supported is 0.0005" in said


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--detect", "never"], "expected every, motion or a number"),
        (["--region", "1,2"], "expected four numbers"),
        (["--region", "0,0,2,1"], "shares of the image"),
        (["--attempts", "0"], "--attempts"),
        (["--max-fps", "0"], "--max-fps"),
    ],
)
def test_bad_options_of_the_loop_are_one_sentence(
    options: list[str], sentence: str, dataset: Path, gallery: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["run", "--camera", str(dataset), "--gallery", str(gallery), *options])
    assert left.value.code == 2
    assert sentence in capsys.readouterr().err


def test_events_go_to_a_file_too(run: Run, dataset: Path, tmp_path: Path) -> None:
    lines, _ = run(dataset, "--events", str(tmp_path / "events.jsonl"))
    assert [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()] == lines


def test_people_read_lines(gallery: Path, dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    succeed("run", "--camera", str(dataset), "--gallery", str(gallery))
    captured = capsys.readouterr()
    last_emitted = [line.split("  ", 1)[1] for line in captured.out.splitlines()]
    assert last_emitted == [
        "1.png  face 1  Ada  (1.000, from 0.488 on)",
        "2.png  face 1  unknown  (0.000, below 0.488)",
        "3.png  cannot tell: no face",
        "10.png  face 1  Bob  (1.000, from 0.488 on)",
    ]
    assert "dataset: looking for 2 people of" in captured.err
    assert "left out: " in captured.err
    assert "dataset: the end, after 4 frames, 3 faces, 3 embeddings, 1 unreadable frame" in captured.err


def test_an_operating_point_too_weak_for_the_target_is_said(run: Run, dataset: Path) -> None:
    _, said = run(dataset, "--target-fpir", "0.0001")
    assert "a false match rate of 5e-05 is wanted for 2 people, the strictest supported is 0.0005" in said
    _, quiet = run(dataset)
    assert "strictest" not in quiet


@pytest.mark.parametrize(
    ("camera", "options", "code", "sentence"),
    [
        ("nowhere", [], 2, "expected a camera, a URL, a video, a folder or a zip"),
        ("", ["--realtime"], 2, "no pace of their own"),
        ("dataset/4.avi", [], 2, "expected a video, found a file that cannot be read as one"),
    ],
)
def test_bad_input_is_one_sentence(
    camera: str,
    options: list[str],
    code: int,
    sentence: str,
    dataset: Path,
    gallery: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (dataset / "4.avi").write_bytes(b"no video")
    target = dataset if not camera else dataset.parent / camera
    with pytest.raises(SystemExit) as left:
        main(["run", "--camera", str(target), "--gallery", str(gallery), "--json", *options])
    captured = capsys.readouterr()
    assert left.value.code == code
    assert sentence in json.loads(captured.out)["error"]
    assert sentence in captured.err


def test_a_failure_in_the_middle_still_ends_with_stopped(
    run: Run, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(RenderedPeople, "embed_crop", broken)
    with pytest.raises(MemoryError):
        run(dataset, "--events", str(tmp_path / "events.jsonl"))
    last = json.loads((tmp_path / "events.jsonl").read_text().splitlines()[-1])
    assert (last["event"], last["detail"]["why"]) == ("stopped", "failed")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_after_the_current_frame(
    number: signal.Signals, run: Run, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, detect = signal.getsignal(number), RenderedPeople.detect

    def detect_and_stop(self: RenderedPeople, image: RGB) -> list[Face]:
        os.kill(os.getpid(), number)
        return detect(self, image)

    monkeypatch.setattr(RenderedPeople, "detect", detect_and_stop)
    lines, _ = run(dataset)
    assert decisions(lines) == [("1.png", "ok", "Ada")]
    assert lines[-1]["detail"]["why"] == number.name
    assert signal.getsignal(number) is before


@pytest.fixture
def interruptible() -> Iterator[None]:
    """SIGINT raises KeyboardInterrupt, also where the tests were started in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_a_second_signal_has_its_usual_effect() -> None:
    stopped: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    with stopping_on_signals(lambda: stopped.append(1)) as came:
        os.kill(os.getpid(), signal.SIGINT)
        assert (came, stopped) == (["SIGINT"], [1])
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_sigterm_during_a_long_wait_ends_the_process_cleanly() -> None:
    program = """
from edge_siamese.cameras.latest_frame import LiveSource
from edge_siamese.cli.run import stopping_on_signals
from threading import Event

class Silent:
    def read(self):
        print("waiting", flush=True)
        Event().wait(3600)
    def close(self):
        pass

source = LiveSource("door", Silent)
with stopping_on_signals(source.stop) as came:
    assert list(source.watch()) == []
print(came, flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.terminate()
        assert process.stdout.readline() == "['SIGTERM']\n"
        assert process.wait(20) == 0
