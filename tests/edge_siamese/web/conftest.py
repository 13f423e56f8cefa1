"""A real browser, spoken to over the pipe of its DevTools protocol, and rendered people to show it.

https://chromedevtools.github.io/devtools-protocol/; messages are JSON with a NUL behind each.
"""

import json
import os
import select
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge_siamese.engine import FaceEngine
from edge_siamese.frames import RGB
from edge_siamese.gallery import Gallery
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_background, render_portrait
from edge_siamese.web.api import PreviewApi
from edge_siamese.web.guard import Guard
from edge_siamese.web.server import PreviewServer

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--remote-debugging-pipe",
)  # fmt: skip
PIPES_AS_3_AND_4 = (
    "import fcntl, os, sys; ends = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3]]; "
    "os.dup2(ends[0], 3); os.dup2(ends[1], 4); os.execv(sys.argv[3], sys.argv[3:])"
)
PATIENCE_S = 60.0
Serve = Callable[..., AbstractContextManager[PreviewServer]]


class Browser:
    """One tab of a headless Chromium.

    Attributes:
        events: what the browser told without being asked, since the last page was opened.
    """

    def __init__(self, profile: Path) -> None:
        assert CHROMIUM
        its_input, self._to = os.pipe()
        self._from, its_output = os.pipe()
        launcher = [sys.executable, "-c", PIPES_AS_3_AND_4, str(its_input), str(its_output), CHROMIUM]
        self._process = subprocess.Popen(
            [*launcher, *FLAGS, f"--user-data-dir={profile}"],
            pass_fds=(its_input, its_output), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(its_input)
        os.close(its_output)
        self.events: list[dict[str, Any]] = []
        self._received, self._number, self._session = b"", 0, ""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log", "DOM"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol and return its result."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next_message()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def open(self, url: str, *, width: int = 1100, height: int = 900, dark: bool = False) -> None:
        """Open a page and wait until it has introduced itself."""
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.send("Emulation.setEmulatedMedia", features=features)
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self.events.clear()
        self.send("Page.navigate", url=url)
        self.wait_for("document.querySelector('#about p') !== null")

    def evaluate(self, expression: str) -> Any:
        """Value of a JavaScript expression."""
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Wait until a JavaScript expression is true."""
        until = time.monotonic() + PATIENCE_S
        while not self.evaluate(f"Boolean({expression})"):
            assert time.monotonic() < until, f"never true: {expression}"
            time.sleep(0.05)

    def drop(self, selector: str, *paths: Path) -> None:
        """Drag files over an element and let them fall."""
        place = self.evaluate(
            f"(() => {{ const e = document.querySelector({selector!r}); e.scrollIntoView({{block: 'center'}});"
            " const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.send("Input.dispatchDragEvent", type=kind, x=place[0], y=place[1], data=data)

    def press(self, *keys: str) -> None:
        """Press keys by their DOM names."""
        for key in keys:
            text = {"Enter": "\r", " ": " "}.get(key, "")
            code = {"Enter": 13, "Tab": 9, " ": 32, "ArrowRight": 39}[key]
            for kind in ("keyDown", "keyUp"):
                held = {"text": text} if kind == "keyDown" and text else {}
                self.send("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **held)

    def choose_file(self, act: Callable[[], None], path: Path) -> None:
        """Do what opens the browser's file dialog, and choose a file there."""
        self.send("Page.setInterceptFileChooserDialog", enabled=True)
        act()
        until = time.monotonic() + PATIENCE_S
        opened: list[dict[str, Any]] = []
        while not opened:
            assert time.monotonic() < until, "no file dialog opened"
            self.evaluate("0")
            opened = [event for event in self.events if event.get("method") == "Page.fileChooserOpened"]
        self.send("DOM.setFileInputFiles", files=[str(path)], backendNodeId=opened[-1]["params"]["backendNodeId"])
        self.send("Page.setInterceptFileChooserDialog", enabled=False)

    def answer(self) -> str:
        """The answer's text, once there is one."""
        self.wait_for("document.querySelector('#answer .verdict, #answer .refusal')")
        text = self.evaluate("document.getElementById('answer').innerText")
        return str(text)

    def close(self) -> None:
        os.close(self._to)
        self._process.terminate()
        self._process.wait(timeout=PATIENCE_S)
        os.close(self._from)

    def _next_message(self) -> dict[str, Any]:
        while b"\0" not in self._received:
            ready, _, _ = select.select([self._from], [], [], PATIENCE_S)
            chunk = os.read(self._from, 1 << 20) if ready else b""
            assert chunk, "the browser does not answer"
            self._received += chunk
        message, _, self._received = self._received.partition(b"\0")
        decoded: dict[str, Any] = json.loads(message)
        return decoded


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("the page is tested in a real browser: install chromium")
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


def portrait(person: int, captured: int) -> RGB:
    """A rendered person, another light, pose and background for each shot."""
    view = View.random(np.random.default_rng((person, captured)), difficulty=0.4)
    who = Person.from_seed(DEMO_SEEDS[person])
    return render_portrait(who, view, face_height=130.0, background_seed=10 * person + captured).image


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files by name: two shots of Ada, one of Ben, one of both, a dark one of Ada, a wall, and what is no image."""
    folder = tmp_path_factory.mktemp("photos")
    ada, again, ben = portrait(0, 0), portrait(0, 1), portrait(1, 0)
    images = {
        "ada": ada,
        "again": again,
        "ben": ben,
        "both": np.hstack([ada, ben]),
        "dark": ada // 10,
        "wall": render_background((240, 320), seed=3),
    }
    paths = {name: folder / f"{name}.png" for name in (*images, "letter")}
    for name, image in images.items():
        assert cv2.imwrite(str(paths[name]), image[..., ::-1])
    paths["letter"].write_text("dear somebody")
    return paths


@pytest.fixture(scope="session")
def family(engine: FaceEngine) -> Gallery:
    """Ada and Carla, who is on no photo."""
    templates = {}
    for name, person in (("Ada", 0), ("Carla", 2)):
        images = [portrait(person, captured) for captured in (5, 6, 7)]
        templates[name] = np.stack([engine.analyze(image)[0].embedding.values for image in images])  # type: ignore[union-attr]
    return Gallery.empty(engine.embedder_card, {"created": "2025-01-31T12:00:00Z"}).with_people(templates)


@pytest.fixture
def serve(engine: FaceEngine) -> Serve:
    """``with serve(gallery, guard=...) as server:`` listens on a free port of this machine."""

    @contextmanager
    def serving(gallery: Gallery | None = None, guard: Guard | None = None) -> Iterator[PreviewServer]:
        api = PreviewApi(engine, target_fmr=1e-3, gallery=gallery)
        with PreviewServer("127.0.0.1", 0, api, guard=guard) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            try:
                yield server
            finally:
                server.shutdown()
                thread.join()

    return serving
