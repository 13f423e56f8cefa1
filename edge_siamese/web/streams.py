"""Streams of a running loop: server-sent events for the page, and Motion JPEG for other programs."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.concurrency import run_in_threadpool

from .errors import RejectedError
from .live import LiveFrame, LiveHub, encode_marked

MAX_VIEWERS = 8
INTERVAL_S = 0.1
"""Seconds between two images of a viewer; at most ten images a second."""
_COUNTERS_S = 2.0
_PING_S = 5.0
BOUNDARY = "edge-siamese-frame"


class Viewers:
    """Counts the open streams of a hub and limits them.

    Args:
        hub: the loop's frames and events.
    """

    def __init__(self, hub: LiveHub) -> None:
        self._hub, self._count = hub, 0

    def require_place(self) -> None:
        """
        Raises:
            RejectedError: too many streams are open (503).
        """
        if self._count >= MAX_VIEWERS:
            raise RejectedError(503, f"{MAX_VIEWERS} views are open already: close one")

    async def events(self, *, images: bool, after: int) -> AsyncIterator[bytes]:
        """Server-sent events ``frame``, ``event`` and ``counters`` until the loop or the viewer ends.

        Args:
            images: whether a ``frame`` has its image, a JPEG in base64.
            after: number of the last event that the viewer has.
        """
        self._count += 1
        try:
            async for kind, body, number in self._updates(images, after):
                yield sse_message(kind, body, number)
        finally:
            self._count -= 1

    async def images(self) -> AsyncIterator[bytes]:
        """Parts of a Motion JPEG stream, with a box around each face, until the loop or the viewer ends."""
        self._count += 1
        last = (0, 0)
        try:
            while not self._hub.closed:
                live = self._hub.latest()
                if live is not None and live.version != last:
                    last = live.version
                    data = await run_in_threadpool(encode_marked, live)
                    head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
                    yield head.encode() + data + b"\r\n"
                await asyncio.sleep(INTERVAL_S)
        finally:
            self._count -= 1

    async def _updates(self, images: bool, after: int) -> AsyncIterator[tuple[str, Any, int | None]]:
        shown, loop = (0, 0), asyncio.get_running_loop()
        counted = pinged = -_PING_S
        while not self._hub.closed:
            for event in self._hub.events_after(after):
                after, counted = event["number"], -_PING_S
                yield "event", event, after
            live = self._hub.latest()
            if live is not None and live.version != shown:
                shown, pinged = live.version, loop.time()
                yield "frame", await run_in_threadpool(self._frame, live, images), None
            if loop.time() - counted >= _COUNTERS_S:
                counted = loop.time()
                yield "counters", self._hub.counters.to_json(), None
            if loop.time() - pinged >= _PING_S:
                pinged = loop.time()
                yield "waiting", {}, None
            await asyncio.sleep(INTERVAL_S)
        yield "ended", {}, None

    def _frame(self, live: LiveFrame, images: bool) -> dict[str, Any]:
        image = base64.b64encode(self._hub.jpeg(live)).decode() if images else None
        return self._hub.to_json(live) | {"image": image}


def sse_message(kind: str, body: Any, number: int | None) -> bytes:
    """One server-sent event; `number` becomes its ``id``, from which a browser resumes."""
    identifier = "" if number is None else f"id: {number}\n"
    return f"{identifier}event: {kind}\ndata: {json.dumps(body, ensure_ascii=False, allow_nan=False)}\n\n".encode()
