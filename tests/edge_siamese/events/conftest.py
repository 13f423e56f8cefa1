"""Events of a rendered run, and a real mosquitto broker that can be killed and started again."""

import getpass
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edge_siamese.events import Event

PASSWORD = "pässword with spaces"


@pytest.fixture
def event() -> Callable[..., Event]:
    """``event("decision", 3, decision="match", identity="Anna")``: event number 3."""

    def make(kind: str = "decision", number: int = 0, **body: Any) -> Event:
        when = datetime(2026, 1, 31, 12, 0, number % 60, tzinfo=UTC)
        return Event(kind, when, number, "door", {"embedder": "ab" * 32}, {"sequence": number} | body)

    return make


def eventually(condition: Callable[[], Any], seconds: float = 20.0) -> Any:
    """The first true value of a condition.

    Raises:
        AssertionError: it stays false.
    """
    until = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < until, "the condition stays false"
        time.sleep(0.02)
    return value


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mosquitto:
    """A broker in a process of its own.

    Args:
        folder: of its files.
        lines: of its configuration.
        login: whether it requires the user ``door`` with `PASSWORD`.
        durable: whether its state survives `kill`; slow, since it writes each message to the disk.
    """

    def __init__(self, folder: Path, *lines: str, login: bool = False, durable: bool = False) -> None:
        self.port, self.folder = free_port(), folder
        own = [
            f"listener {self.port} 127.0.0.1", f"allow_anonymous {str(not login).lower()}", *lines,
        ]  # fmt: skip
        if durable:
            own += [
                "persistence true",
                f"persistence_location {folder}/",
                "autosave_on_changes true",
                "autosave_interval 1",
            ]
        if login:
            subprocess.run(
                ["mosquitto_passwd", "-b", "-c", folder / "passwords", "door", PASSWORD],
                check=True,
                capture_output=True,
            )
            own.append(f"password_file {folder}/passwords")
        own.append(f"user {getpass.getuser()}")  # as root it would become another user, who may not read the folder
        (folder / "mosquitto.conf").write_text("\n".join(own) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(["mosquitto", "-c", self.folder / "mosquitto.conf"], stderr=subprocess.DEVNULL)
        eventually(lambda: self._answers())

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """``mosquitto(*lines, login=False, durable=False)`` starts a `Mosquitto`."""
    pytest.importorskip("paho.mqtt", reason="the extra mqtt is not installed")
    if shutil.which("mosquitto") is None:
        pytest.skip("mosquitto is not installed")
    brokers: list[Mosquitto] = []

    def started(*lines: str, login: bool = False, durable: bool = False) -> Mosquitto:
        folder = tmp_path / f"broker{len(brokers)}"
        folder.mkdir()
        brokers.append(Mosquitto(folder, *lines, login=login, durable=durable))
        brokers[-1].start()
        return brokers[-1]

    yield started
    for broker in brokers:
        broker.kill()


class Subscriber:
    """A client that keeps a session on the broker and lists what arrives."""

    def __init__(self, port: int, topic: str = "#", *, user: str | None = None, tls: Any = None) -> None:
        from paho.mqtt import client as paho

        self.messages: list[tuple[str, str, bool]] = []
        self._subscribed = threading.Event()
        client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=f"subscriber-{port}", clean_session=False)
        if user:
            client.username_pw_set(user, PASSWORD)
        if tls:
            client.tls_set_context(tls)
        client.reconnect_delay_set(1, 1)
        client.on_connect = lambda *_: client.subscribe(topic, qos=1)
        client.on_subscribe = lambda *_: self._subscribed.set()
        client.on_message = self._received
        client.connect("127.0.0.1", port)
        client.loop_start()
        self.client = client
        assert self._subscribed.wait(10)

    def _received(self, _client: Any, _data: Any, message: Any) -> None:
        self.messages.append((message.topic, message.payload.decode(), bool(message.retain)))

    def texts(self, end: str) -> list[str]:
        """Texts of the topics that end so, in the order of arrival."""
        return [text for topic, text, _ in list(self.messages) if topic.endswith(end)]

    def retained(self) -> dict[str, str]:
        """The last text of each topic; empty texts erase."""
        last = {topic: text for topic, text, _ in list(self.messages)}
        return {topic: text for topic, text in last.items() if text}

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def subscribe() -> Iterator[Callable[..., Subscriber]]:
    """``subscribe(port, topic)``: a `Subscriber`, closed at the end."""
    opened: list[Subscriber] = []

    def make(*args: Any, **kwargs: Any) -> Subscriber:
        opened.append(Subscriber(*args, **kwargs))
        return opened[-1]

    yield make
    for subscriber in opened:
        subscriber.close()
