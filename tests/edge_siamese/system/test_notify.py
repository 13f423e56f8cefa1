"""Messages to systemd, received on a real socket."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_siamese.cameras.base import CameraBack, CameraLost, CameraMissing
from edge_siamese.system.notify import ServiceManager


class Manager:
    """The other end: lists the messages."""

    def __init__(self, path: Path) -> None:
        self.messages: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._came = threading.Condition()
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self) -> None:
        while (data := self._socket.recv(4096)) != b"end":
            with self._came:
                self.messages.append(data.decode())
                self._came.notify_all()

    def wait_for(self, message: str, times: int = 1) -> None:
        with self._came:
            assert self._came.wait_for(lambda: sum(message in each for each in self.messages) >= times, 20), (
                self.messages
            )


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[tuple[Manager, dict[str, str]]]:
    path = tmp_path / "notify"
    made = Manager(path)
    yield made, {"NOTIFY_SOCKET": str(path)}
    ServiceManager({"NOTIFY_SOCKET": str(path)}).send("end")


def test_ready_status_watchdog_and_stopping(manager: tuple[Manager, dict[str, str]]) -> None:
    received, environment = manager
    service = ServiceManager(environment | {"WATCHDOG_USEC": "300000"})
    with service.running(["0"]):
        for number in range(1, 4):
            service.beat("0", object())
            received.wait_for("WATCHDOG=1", number)
    received.wait_for("STOPPING=1")
    assert received.messages[0] == "READY=1\nSTATUS=watching 0"


def test_a_loop_that_hangs_is_no_progress_and_a_missing_camera_is(manager: tuple[Manager, dict[str, str]]) -> None:
    now = [0.0]
    service = ServiceManager(manager[1] | {"WATCHDOG_USEC": "60000000"}, clock=lambda: now[0])
    service.beat("0", object())
    now[0] = 39.0
    assert service.makes_progress()
    now[0] = 41.0
    assert not service.makes_progress()
    for event in (CameraMissing("0", 0, "absent"), CameraLost("0", 0, "lost")):
        service.beat("0", event)
        now[0] += 10_000.0
        assert service.makes_progress()
        service.beat("0", CameraBack("0", 0, 1))
        now[0] += 41.0
        assert not service.makes_progress()
    manager[0].wait_for("STATUS=0: waiting for the camera", 2)
    manager[0].wait_for("STATUS=watching 0", 2)


def test_one_of_two_cameras_that_hangs_is_no_progress(manager: tuple[Manager, dict[str, str]]) -> None:
    now = [0.0]
    service = ServiceManager(manager[1] | {"WATCHDOG_USEC": "60000000"}, clock=lambda: now[0])
    with service.running(["door", "yard"]):
        now[0] = 41.0
        service.beat("door", object())
        assert not service.makes_progress()
        service.beat("yard", object())
        assert service.makes_progress()
    manager[0].wait_for("STATUS=watching door, yard")


def test_without_systemd_nothing_is_sent_and_nothing_fails(tmp_path: Path) -> None:
    for environment in ({}, {"NOTIFY_SOCKET": str(tmp_path / "absent"), "WATCHDOG_USEC": "soon"}):
        service = ServiceManager(environment)
        assert service.watchdog_s is None
        with service.running(["0"]):
            service.beat("0", object())
