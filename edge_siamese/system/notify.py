"""Messages to systemd: ready, status, watchdog, stopping (``sd_notify``). Without systemd they go nowhere.

The watchdog message says that the loop makes progress: an image or event came lately, or the camera is known to be missing
and is tried again. A loop or camera driver that hangs sends none, and systemd starts the service again.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from ..cameras.base import CameraBack, CameraLost, CameraMissing

_SHARE = 3
"""Messages a watchdog period; an item is expected within two thirds of a period."""


class ServiceManager:
    """Sends messages to the service manager that started this program.

    Args:
        environment: ``NOTIFY_SOCKET`` and ``WATCHDOG_USEC`` as systemd sets them.
        clock: seconds, monotonic.

    Attributes:
        watchdog_s: period of the watchdog in seconds; None without one.
    """

    def __init__(
        self, environment: Mapping[str, str] | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        variables = os.environ if environment is None else environment
        address = variables.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        period = variables.get("WATCHDOG_USEC", "")
        self.watchdog_s = int(period) / 1e6 if self._address and period.isdecimal() and int(period) else None
        self._clock, self._last, self._waiting = clock, dict[str, float](), set[str]()

    def send(self, message: str) -> None:
        """Send a message such as ``READY=1``; a manager that does not listen is ignored."""
        if self._address:
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.settimeout(1.0)
                sender.sendto(message.encode(), self._address)

    def beat(self, source: str, item: object) -> None:
        """Note that the loop over a camera got an item: a result, or an event of the camera."""
        self._last[source] = self._clock()
        if isinstance(item, CameraMissing | CameraLost):
            self._waiting.add(source)
            self.send(f"STATUS={source}: waiting for the camera")
        elif isinstance(item, CameraBack):
            self._waiting.discard(source)
            self.send(f"STATUS=watching {source}")

    def makes_progress(self) -> bool:
        """Whether each camera gave an item within two thirds of the watchdog's period, or is known to be missing."""
        latest = self._clock() - (self.watchdog_s or 0.0) * 2 / _SHARE
        return all(source in self._waiting or last > latest for source, last in list(self._last.items()))

    @contextmanager
    def running(self, sources: Sequence[str]) -> Iterator[None]:
        """Say that the service is ready, keep the watchdog, and say at the end that it stops.

        Args:
            sources: names of the cameras.
        """
        ended = threading.Event()
        self._last = dict.fromkeys(sources, self._clock())
        self.send(f"READY=1\nSTATUS=watching {', '.join(sources)}")
        if self.watchdog_s is not None:
            threading.Thread(target=self._keep, args=(ended,), name="watchdog", daemon=True).start()
        try:
            yield
        finally:
            ended.set()
            self.send("STOPPING=1")

    def _keep(self, ended: threading.Event) -> None:
        period = self.watchdog_s or 0.0
        while not ended.wait(period / _SHARE):
            if self.makes_progress():
                self.send("WATCHDOG=1")
