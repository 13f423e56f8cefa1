"""`run` with sinks: options, missing packages, a killed broker, a hanging program, SIGTERM."""

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.cli.main import main
from edge_siamese.engine import FaceEngine
from edge_siamese.events import queued
from edge_siamese.gallery import Gallery
from edge_siamese.image_io import write_image
from tests.doubles import pattern_image
from tests.edge_siamese.events.conftest import eventually, free_port, mosquitto, subscribe

__all__ = ["mosquitto", "subscribe"]  # fixtures


@pytest.fixture(autouse=True)
def _engine(monkeypatch: pytest.MonkeyPatch, pattern_engine: Any, operating_point: Any, tmp_path: Path) -> None:
    points = [operating_point(1e-4, 13107)]
    monkeypatch.setattr(FaceEngine, "open", lambda **_: pattern_engine(operating_points=points))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def gallery(pattern_engine: Any, operating_point: Any, tmp_path: Path) -> Path:
    engine = pattern_engine(operating_points=[operating_point(1e-4, 13107)])
    made = Gallery.empty(engine.embedder_card, {}).enroll("anna", [pattern_image("anna", 1)], engine=engine)
    made.save(tmp_path / "people.esg")
    return tmp_path / "people.esg"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number, person in enumerate(["anna", "ben", "anna"] * 4):
        write_image(tmp_path / f"photos/{number:02}.png", pattern_image(person, 2 + number))
    return tmp_path / "photos"


@pytest.fixture
def run(gallery: Path, photos: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, list[Any], str]]:
    def watched(*options: str) -> tuple[int, list[Any], str]:
        with pytest.raises(SystemExit) as ended:
            main(["run", "--camera", str(photos), "--gallery", str(gallery), "--json", *options])
        captured = capsys.readouterr()
        return int(ended.value.code or 0), [json.loads(line) for line in captured.out.splitlines()], captured.err

    return watched


def test_every_decision_of_a_run_reaches_the_broker(run: Any, mosquitto: Any, subscribe: Any) -> None:
    port = mosquitto().port
    live = subscribe(port, "edge-siamese/door/event")
    code, lines, _ = run("--mqtt", f"mqtt://127.0.0.1:{port}", "--mqtt-name", "door", "--no-home-assistant")
    assert code == 0
    eventually(lambda: len(live.texts("/event")) == len(lines))
    assert [json.loads(text)["sequence"] for text in live.texts("/event")] == [line["sequence"] for line in lines]
    assert sum(line["decision"] == "match" for line in lines) == 8


def test_an_absent_broker_costs_a_run_the_patience_at_its_end_and_nothing_else(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("paho.mqtt")
    monkeypatch.setattr(queued, "PATIENCE_AT_THE_END_S", 0.5)
    code, lines, err = run("--mqtt", f"mqtt://127.0.0.1:{free_port()}")
    assert code == 0
    assert [line["event"] for line in lines] == ["started", *["decision"] * 12, "stopped"]
    assert "edge-siamese: mqtt: ended with 14 events not delivered" in err


def test_a_program_runs_for_each_kind_that_is_asked_for(run: Any, tmp_path: Path) -> None:
    (tmp_path / "note.sh").write_text('echo "$EDGE_SIAMESE_EVENT $EDGE_SIAMESE_IDENTITY" >> ran\n')
    code, _, _ = run("--on-event", "sh note.sh", "--on-event-kind", "started", "--on-event-kind", "stopped")
    assert code == 0
    assert (tmp_path / "ran").read_text().splitlines() == ["started ", "stopped "]


def test_metrics_are_served_while_the_loop_runs(run: Any) -> None:
    pytest.importorskip("prometheus_client")
    port = free_port()
    (probe := Path("probe.py")).write_text(
        f"import urllib.request\nopen('metrics', 'wb').write(urllib.request.urlopen('http://127.0.0.1:{port}/metrics').read())\n"
    )
    code, _, err = run("--metrics", f":{port}", "--on-event", f"{sys.executable} {probe}", "--on-event-kind", "started")
    assert code == 0
    assert "on-event" not in err
    text = Path("metrics").read_text()
    assert 'edge_siamese_events_total{event="started"} 1.0' in text
    assert 'edge_siamese_sink_delivered_total{sink="on-event"}' in text
    with socket.socket() as closed:
        assert closed.connect_ex(("127.0.0.1", port)) != 0


def test_the_file_of_events_is_rotated_and_no_line_is_lost(run: Any, tmp_path: Path) -> None:
    code, lines, _ = run("--events", "events.jsonl", "--events-size", "2kB")
    assert code == 0
    files = [tmp_path / "events.jsonl", *(tmp_path / f"events.jsonl.{number}" for number in range(1, 9))]
    present = [path for path in files if path.exists()]
    assert 2 < len(present) <= 6
    assert all(path.stat().st_size <= 2000 for path in present)
    kept = [json.loads(line) for path in reversed(present) for line in path.read_text().splitlines()]
    assert kept == lines[-len(kept) :]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--mqtt", "broker:1883"], "expected mqtt://HOST:PORT"),
        (["--mqtt", "mqtt://b", "--mqtt-prefix", "a/#"], "without #, + and empty levels, found 'a/#'"),
        (["--mqtt", "mqtt://b", "--mqtt-ca", "ca.pem"], "need an address that begins with mqtts://"),
        (["--mqtt", "mqtts://b", "--mqtt-ca", "ca.pem"], "ca.pem: the certificate cannot be used (No such file"),
        (["--mqtt", "mqtt://a@b", "--mqtt-password-file", "none.txt"], "none.txt: cannot be read (No such file"),
        (["--mqtt", "mqtt://b", "--mqtt-password-file", "people.esg"], "people.esg: cannot be read (it is not text)"),
        (["--mqtt-name", "door"], "need --mqtt"),
        (["--webhook", "door.lan"], "expected http://... or https://..."),
        (["--webhook-secret-file", "key"], "--webhook-secret-file needs --webhook"),
        (["--on-event", "no-such-program"], "expected an executable program, found 'no-such-program'"),
        (["--on-event", "true", "--on-event-kind", "decisions"], "found 'decisions'"),
        (["--on-event-kind", "decision"], "--on-event-kind needs --on-event"),
        (["--events-size", "10MB"], "--events-size needs --events"),
        (["--events", "e", "--events-size", "many"], "expected one such as 8000, 8kB or 8KiB, found 'many'"),
    ],
)
def test_a_wrong_option_of_a_sink_ends_before_any_work(run: Any, options: list[str], sentence: str) -> None:
    if any("mqtt" in option for option in options):
        pytest.importorskip("paho.mqtt")
    code, lines, err = run(*options)
    assert code == 2
    assert [line["schema"] for line in lines] == ["edge-siamese/error/1"]
    assert sentence in err


@pytest.mark.parametrize(
    ("option", "package", "extra"),
    [
        ("--mqtt=mqtt://b", "paho", "mqtt"),
        ("--gpio=17", "gpiozero", "gpio"),
        ("--metrics=:9100", "prometheus_client", "metrics"),
    ],
)
def test_a_missing_package_is_named_with_its_remedy(
    run: Any, monkeypatch: pytest.MonkeyPatch, option: str, package: str, extra: str
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == package else find(name, *rest))
    code, _, err = run(option)
    assert code == 2
    assert f"needs {package}, which is not installed" in err
    assert f"edge-siamese[{extra}]" in err


LIVE = """
import sys
from tests.doubles import PatternAnalyzer
from edge_siamese.cli.main import main
from edge_siamese.engine import FaceEngine
from edge_siamese.operating_point import OperatingPoint
point = OperatingPoint(1e-4, 13107, 0.005, 10_000, 50, 0.1, "5a" * 32)
FaceEngine.open = lambda **_: PatternAnalyzer(operating_points=[point])
main(sys.argv[1:])
"""


@pytest.fixture
def live(gallery: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """``live(*options)``: a run in a process of its own on a video that plays in real time for a minute."""
    cv2 = pytest.importorskip("cv2")
    writer = cv2.VideoWriter(str(tmp_path / "door.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (128, 128))
    for _ in range(600):
        writer.write(np.zeros((128, 128, 3), np.uint8))
    writer.release()
    running: list[subprocess.Popen[str]] = []

    def start(*options: str) -> subprocess.Popen[str]:
        words = ["run", "--camera", "door.avi", "--realtime", "--gallery", str(gallery), "--json", *options]
        root = Path(__file__).parents[3]
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", LIVE, *words],
                cwd=tmp_path, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env=os.environ | {"PYTHONPATH": str(root)},
            )
        )  # fmt: skip
        return running[-1]

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_sigterm_ends_a_run_within_two_seconds_though_every_sink_hangs(live: Any) -> None:
    pytest.importorskip("paho.mqtt")
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and never answers
        port = silent.getsockname()[1]
        process = live(
            "--mqtt", f"mqtt://127.0.0.1:{port}", "--webhook", f"http://127.0.0.1:{port}/", "--on-event", "sleep 60",
            "--on-event-kind", "started",
        )  # fmt: skip
        first = json.loads(process.stdout.readline())
        assert first["event"] == "started"
        time.sleep(1.0)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
        busy = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))  # two seconds of a machine that does nothing else
        assert time.monotonic() - begun < 2.0 * busy, err
    assert process.returncode == 0
    assert json.loads(out.splitlines()[-1])["detail"]["why"] == "SIGTERM"


def test_systemd_gets_ready_watchdog_and_stopping_of_a_run(
    live: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "600000")
        process = live()
        assert manager.recv(4096).decode() == "READY=1\nSTATUS=watching door.avi"
        assert [manager.recv(4096) for _ in range(3)] == [b"WATCHDOG=1"] * 3
        process.send_signal(signal.SIGTERM)
        while (message := manager.recv(4096)) == b"WATCHDOG=1":
            pass
        assert message == b"STOPPING=1"
    assert process.wait(60) == 0


def test_a_broker_killed_during_a_run_stops_nothing(live: Any, mosquitto: Any) -> None:
    broker = mosquitto()
    process = live("--mqtt", f"mqtt://127.0.0.1:{broker.port}")
    assert json.loads(process.stdout.readline())["event"] == "started"
    time.sleep(1.0)
    broker.kill()
    time.sleep(1.0)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=20)
    assert json.loads(out.splitlines()[-1])["detail"]["frames"] > 5
