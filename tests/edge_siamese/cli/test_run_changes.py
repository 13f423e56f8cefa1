"""``run`` while things change: the gallery, the camera, the time; on rendered frames with a scripted engine."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner

import edge_siamese.cameras
from edge_siamese.cameras.base import Source, SourceEvent
from edge_siamese.cli.main import main
from edge_siamese.cli.shared.options import Once
from edge_siamese.engine import FaceEngine
from edge_siamese.faces import Face
from edge_siamese.frames import RGB, Frame
from edge_siamese.gallery import Gallery
from edge_siamese.operating_point import OperatingPoint
from edge_siamese.rendering import Person, View, render_portrait
from tests.doubles import ScriptedAnalyzer, embedder_card

POINT = OperatingPoint(1e-4, 16_000, 9e-5, 90_000, 20, 0.1, "00" * 32)
CARD = embedder_card(3, operating_points=[POINT])
AXES = {"Ada": (100, 0, 0), "Bob": (0, 100, 0)}


def gallery_of(*names: str) -> Gallery:
    return Gallery.empty(CARD).with_people({name: np.array([AXES[name]], np.int8) for name in names})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    gallery_of("Ada", "Bob").save(tmp_path / "family.esg")
    return tmp_path / "family.esg"


class Watched(Source):
    """The same frame again and again, as a video; before each, what a test has to do at that frame."""

    def __init__(self, image: RGB, actions: dict[int, Callable[[], object]], frames: int) -> None:
        super().__init__("door")
        self._image, self._actions, self._frames = image, actions, frames

    def watch(self) -> Iterator[Frame | SourceEvent]:
        for number in range(self._frames):
            self._actions.get(number, lambda: None)()
            if self.stopping:
                return
            yield Frame(self._image, number * 10**8, number, "door")


Run = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def run(path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run over frames that show Ada, with actions by frame number, and give the events but those of presence."""
    engine = ScriptedAnalyzer(CARD)
    rendering = render_portrait(Person.from_seed(1), View(), background_seed=1)
    engine.put(rendering.image, Face(rendering.boxes[0], rendering.landmarks[0], 0.95), AXES["Ada"])
    monkeypatch.setattr(FaceEngine, "open", lambda **_: engine)

    def events(actions: dict[int, Callable[[], object]], *options: str, frames: int = 8) -> list[dict[str, Any]]:
        source = Watched(rendering.image, actions, frames)
        monkeypatch.setattr(edge_siamese.cameras, "open_source", lambda *_, **__: source)
        with pytest.raises(SystemExit) as left:
            main(["run", "--camera", "0", "--gallery", str(path), "--json", *options])
        assert left.value.code == 0
        printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return [event for event in printed if event["event"] not in ("arrived", "left")]

    return events


def reported(events: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Kind, sequence number and identity of each event but the first and last."""
    return [(event["event"], event["sequence"], event["identity"]) for event in events[1:-1]]


class TestGalleryFile:
    def test_a_removed_person_is_not_named_from_the_next_frame_on(self, run: Run, path: Path) -> None:
        events = run({4: lambda: Gallery.open(path).without("Ada").save(path)})
        assert reported(events) == [
            ("decision", 0, "Ada"),
            ("gallery_reloaded", None, None),
            ("decision", 4, None),
        ]
        assert events[2]["source"] == str(path)
        assert events[2]["detail"] == {"sequence": 2, "identities": 1, "added": 0, "removed": 1}
        assert events[3]["decision"] == "unknown"

    def test_an_added_person_is_named_from_the_next_frame_on(self, run: Run, path: Path) -> None:
        path.unlink()
        gallery_of("Bob").save(path)
        events = run({3: lambda: gallery_of("Ada", "Bob").save(path)})
        assert [event["identity"] for event in events if event["event"] == "decision"] == [None, "Ada"]

    @pytest.mark.parametrize("broken", [b"", b"no gallery" * 30])
    def test_a_broken_file_is_reported_and_the_people_stay(self, run: Run, path: Path, broken: bytes) -> None:
        events = run({2: lambda: path.write_bytes(broken)})
        assert reported(events) == [("decision", 0, "Ada"), ("gallery_rejected", None, None)]
        assert "family.esg" in events[2]["detail"]["why"]

    def test_a_gallery_of_another_embedder_is_reported_and_the_people_stay(self, run: Run, path: Path) -> None:
        other = Gallery.empty(embedder_card(3, digest="ee" * 32)).with_people({"Eva": np.ones((1, 3), np.int8)})

        def replace() -> None:
            path.unlink()
            other.save(path)

        events = run({2: replace})
        assert [kind for kind, _, _ in reported(events)] == ["decision", "gallery_rejected"]
        assert "embedder" in events[2]["detail"]["why"]

    def test_sighup_reads_it_again(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", None)
        before = signal.getsignal(signal.SIGHUP)
        events = run({2: lambda: os.kill(os.getpid(), signal.SIGHUP)})
        assert [kind for kind, _, _ in reported(events)] == ["decision", "gallery_reloaded"]
        assert signal.getsignal(signal.SIGHUP) == before


class TestTime:
    def test_the_timeout_ends_a_run(self, run: Run) -> None:
        events = run(dict.fromkeys(range(10_000), lambda: time.sleep(0.01)), "--timeout", "0.3", frames=10_000)
        assert events[-1]["detail"]["why"] == "timeout"
        assert events[-1]["detail"]["frames"] < 1000

    def test_the_timeout_holds_while_no_frame_comes(self, path: Path, tmp_path: Path) -> None:
        """The camera is missing, so that nothing but the clock can end the run."""
        arguments = ["run", "--camera", "/dev/video87", "--timeout", "1", "--gallery", str(tmp_path / "real.esg")]
        with FaceEngine.default() as engine:
            Gallery.empty(engine.embedder_card).save(tmp_path / "real.esg")
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "edge_siamese", *arguments], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0
        assert 1 <= time.monotonic() - started < 30
        assert "/dev/video87: waiting for the camera" in done.stderr
        assert "the timeout expired, after 0 frames" in done.stderr

    @pytest.mark.parametrize("seconds", ["0", "-1", "soon"])
    def test_a_timeout_that_is_none_is_rejected(self, seconds: str, path: Path) -> None:
        with pytest.raises(SystemExit) as left:
            main(["run", "--camera", "0", "--gallery", str(path), "--timeout", seconds])
        assert left.value.code == 2


class TestCameraOption:
    @pytest.mark.parametrize(
        ("options", "code", "sentence"),
        [
            (["--camera", "0", "--camera", "0"], 2, "two cameras are named 0"),
            (["--camera", ""], 2, "found an empty name"),
            (["--camera", "/dev/video87", "--no-wait"], 1, "camera /dev/video87 cannot be opened"),
            (["--camera", "gopher://cam/1"], 2, "expected a URL of"),
            ([], 2, "Missing option '--camera'"),
        ],
    )
    def test_what_is_no_camera_is_one_sentence(
        self, options: list[str], code: int, sentence: str, path: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:  # fmt: skip
        monkeypatch.setattr(FaceEngine, "open", lambda **_: ScriptedAnalyzer(CARD))
        with pytest.raises(SystemExit) as left:
            main(["run", *options, "--gallery", str(path)])
        assert left.value.code == code
        assert sentence in capsys.readouterr().err

    def test_a_pipe_does_not_hang(self, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        os.mkfifo(tmp_path / "pipe")
        monkeypatch.setattr(FaceEngine, "open", lambda **_: ScriptedAnalyzer(CARD))
        with pytest.raises(SystemExit) as left:
            main(["run", "--camera", str(tmp_path / "pipe"), "--gallery", str(path)])
        assert left.value.code == 2


@pytest.mark.parametrize(
    ("arguments", "environment", "value"),
    [
        (["--camera", "a"], None, "a"),
        ([], "my video.avi", "my video.avi"),
        (["--camera", "a"], "b", "a"),
        ([], None, ""),
    ],
)
def test_an_option_given_once_has_one_value(arguments: list[str], environment: str | None, value: str) -> None:
    @click.command()
    @click.option("--camera", cls=Once, envvar="SOME_CAMERA")
    def command(camera: str | None) -> None:
        click.echo(camera)

    result = CliRunner(env={"SOME_CAMERA": environment}).invoke(command, arguments)
    assert result.output == f"{value}\n"
