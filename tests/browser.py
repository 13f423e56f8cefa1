"""A real browser, spoken to over the pipe of its DevTools protocol.

https://chromedevtools.github.io/devtools-protocol/; messages are JSON with a NUL behind each.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--remote-debugging-pipe", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
)  # fmt: skip
PIPES_AS_3_AND_4 = (
    "import fcntl, os, sys; ends = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3]]; "
    "os.dup2(ends[0], 3); os.dup2(ends[1], 4); os.execv(sys.argv[3], sys.argv[3:])"
)
PATIENCE_S = 60.0
ANSWER = "document.querySelector('main > section:not([hidden]) .answer')"
INTRODUCED = "document.querySelector('#about p') !== null"


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

    def open(
        self, url: str, *, width: int = 1100, height: int = 900, dark: bool = False, ready: str = INTRODUCED
    ) -> None:
        """Open a page and wait until `ready`, a JavaScript expression, is true; default: it has introduced itself."""
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.send("Emulation.setEmulatedMedia", features=features)
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self.events.clear()
        self.send("Page.navigate", url=url)
        self.wait_for(ready)

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

    def go(self, view: str) -> None:
        """Show another view of the page."""
        self.evaluate(f"location.hash = {view!r}")
        self.wait_for(f"!document.getElementById('view-{view}').hidden")

    def answer(self) -> str:
        """The shown view's answer, once there is one."""
        self.wait_for(f"{ANSWER}.querySelector('.verdict, .rejection, .notice')")
        text = self.evaluate(f"{ANSWER}.innerText")
        return str(text)

    def screenshot(self, path: Path) -> None:
        """Save the whole page as PNG."""
        size = self.send("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        shot = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(shot["data"]))

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
