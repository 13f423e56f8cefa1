"""Limits of requests: how many a client may send, how many with photos are in memory, how large and slow a body may be."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from .errors import RejectedError

AT_ONCE = 4
"""Maximum number of concurrent requests with photos."""
PATIENCE_S = 20.0
"""Seconds that a request with photos waits for others."""
BODY_S = 60.0
"""Seconds in which the whole body of a request must arrive."""
_MAX_CLIENTS = 1024
_DIGITS_OF_A_LENGTH = 18

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


@dataclass
class RateLimit:
    """A token bucket for each client: `burst` requests at once, then `per_minute`.

    Attributes:
        per_minute, burst: the limit.
        clock: monotonic clock in seconds.
    """

    per_minute: float
    burst: int
    clock: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def check(self, client: str) -> None:
        """Count a request of a client.

        Raises:
            RejectedError: the client sent too many requests (429, with Retry-After).
        """
        now = self.clock()
        left, last = self._buckets.pop(client, (float(self.burst), now))
        left = min(left + (now - last) * self.per_minute / 60, float(self.burst))
        self._buckets[client] = (left - 1 if left >= 1 else left, now)
        while len(self._buckets) > _MAX_CLIENTS:
            self._buckets.popitem(last=False)
        if left < 1:
            wait = max(1, round((1 - left) * 60 / self.per_minute + 0.5))
            sentence = f"too many requests: try again in {wait} seconds"
            raise RejectedError(429, sentence, headers={"Retry-After": str(wait)})


def check_length(header: str | None, limit: int) -> None:
    """Check the Content-Length of a request before its body is read.

    Raises:
        RejectedError: no length (411), not a length (400) or too large (413).
    """
    if header is None:
        raise RejectedError(411, "a request with photos: expected its length in Content-Length, found none")
    if not (header.isascii() and header.isdecimal() and len(header) <= _DIGITS_OF_A_LENGTH):
        raise RejectedError(400, f"Content-Length: expected a number of bytes, found {header[:40]!r}")
    if int(header) > limit:
        found = f"{int(header) / 1e6:,.0f} MB"
        raise RejectedError(413, f"expected at most {limit / 1e6:.0f} MB of photos, found {found}")


def timed(receive: Receive, seconds: float) -> Receive:
    """A `receive` whose body must be complete in time.

    Raises (when called):
        RejectedError: the body is not complete after `seconds` (408).
    """
    deadline = time.monotonic() + seconds
    complete = False

    async def receive_in_time() -> Message:
        nonlocal complete
        if complete:
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), max(deadline - time.monotonic(), 0.001))
        except TimeoutError as error:
            raise RejectedError(408, f"the request did not arrive within {seconds:g} s") from error
        complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    return receive_in_time


class Slots:
    """Places for concurrent requests."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Hold a place during the block.

        Raises:
            RejectedError: no place was free for `PATIENCE_S` (503).
        """
        try:
            await asyncio.wait_for(self._places.acquire(), PATIENCE_S)
        except TimeoutError as error:
            raise RejectedError(503, "too many photos at once: try again") from error
        try:
            yield
        finally:
            self._places.release()
