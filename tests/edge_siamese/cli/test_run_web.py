"""``edge-siamese run --web``: the page beside the loop, which does not wait for it."""

import importlib.util
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import cv2
import numpy as np
import pytest

from edge_siamese.cli.main import main
from edge_siamese.cli.shared.web import address_of
from edge_siamese.engine import FaceEngine
from edge_siamese.gallery import Gallery
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait
from edge_siamese.rendering.clips import Clip

WEB = importlib.util.find_spec("fastapi") is not None
needs_web = pytest.mark.skipif(not WEB, reason="the page needs the extra 'web'")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A clip of Ada, and a gallery with her."""
    folder = tmp_path_factory.mktemp("watched")
    ada = Person.from_seed(DEMO_SEEDS[0])
    photos = [render_portrait(ada, View(yaw=yaw)).image for yaw in (-10.0, 0.0, 10.0)]
    with FaceEngine.default() as engine:
        Gallery.empty(engine.embedder_card).enroll("Ada", photos, engine=engine).save(folder / "g.esg")
    writer = cv2.VideoWriter(str(folder / "clip.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 10, (320, 240))
    for _, rendering, _ in Clip([("Ada", ada)], seconds_each=6, fps=10):
        writer.write(np.ascontiguousarray(rendering.image[..., ::-1]))
    writer.release()
    return folder / "clip.avi", folder / "g.esg"


def stream(url: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The server-sent events of a page."""
    with urlopen(url, timeout=60) as response:
        kind = ""
        for line in response:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                yield kind, json.loads(value)


@needs_web
def test_the_page_shows_the_loop_and_ends_with_it(watched: tuple[Path, Path]) -> None:
    clip, gallery = watched
    command = [sys.executable, "-m", "edge_siamese", "run", "--camera", clip, "--gallery", gallery, "--realtime"]
    with subprocess.Popen(
        [str(word) for word in [*command, "--web", ":0", "--json"]],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("edge-siamese: page: http://127.0.0.1:")
        url = line.split("page: ")[1].strip()
        frames = []
        for kind, body in stream(url + "api/v1/live"):
            if kind != "frame":
                continue
            frames.append(body)
            if any(face["identity"] == "Ada" for face in body["faces"]):
                break
        assert frames[-1]["image"]
        assert {"detect", "track"} <= set(frames[-1]["stages_ms"])
        with urlopen(url + "api/v1/events", timeout=60) as response:
            events = json.loads(response.read())["events"]
        assert [event["event"] for event in events][:1] == ["started"]
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        assert time.monotonic() - begin < 5
    stopped = json.loads(out.splitlines()[-1])
    assert (process.returncode, stopped["event"], stopped["detail"]["why"]) == (0, "stopped", "SIGTERM")
    assert "Traceback" not in err


def decisions(out: str) -> list[tuple[Any, ...]]:
    events = [json.loads(line) for line in out.splitlines()]
    return [
        (event["sequence"], event["track"], event["identity"], event["reason"])
        for event in events
        if event["event"] == "decision"
    ]


@needs_web
def test_a_viewer_that_never_reads_costs_no_decision(watched: tuple[Path, Path]) -> None:
    clip, gallery = watched
    command = [sys.executable, "-m", "edge_siamese", "run", "--camera", str(clip), "--gallery", str(gallery), "--json"]
    alone = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    with subprocess.Popen(
        [*command, "--web", ":0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        port = int(process.stderr.readline().rstrip("/\n").rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as viewer:
            viewer.sendall(b"GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert len(decisions(out)) >= 3
    assert decisions(out) == decisions(alone.stdout)


def failed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(["run", "--camera", "0", "--gallery", "g.esg", *words])
    assert isinstance(ended.value.code, int)
    return ended.value.code, capsys.readouterr().err


@pytest.mark.parametrize("address", ["", "8080x", "0.0.0.0", ":99999", "::1:8080", ":-1", "a:b:80"])
def test_a_bad_address_is_bad_usage(capsys: pytest.CaptureFixture[str], address: str) -> None:
    code, err = failed(capsys, "--web", address)
    assert code == 2
    assert "expected HOST:PORT or :PORT" in err


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (":8080", ("127.0.0.1", 8080)),
        ("8080", ("127.0.0.1", 8080)),
        ("0.0.0.0:80", ("0.0.0.0", 80)),
        ("[::1]:8080", ("::1", 8080)),
        ("board.local:0", ("board.local", 0)),
    ],
)
def test_an_address_without_a_host_is_of_this_machine(text: str, address: tuple[str, int]) -> None:
    assert address_of(text) == address


def test_options_of_the_page_need_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("--read-only",), ("--tls-cert", "c.pem"), ("--allow-host", "x"), ("--token-file", "t")):
        code, err = failed(capsys, *words)
        assert (code, "need --web" in err) == (2, True)


def test_without_the_extra_it_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    code, err = failed(capsys, "--web", ":0")
    assert code == 2
    assert err.startswith("Error: --web needs fastapi, which is not installed: ")
    assert err.endswith("-m pip install 'edge-siamese[web]'\n")
