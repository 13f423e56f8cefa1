"""Limits the number of requests with photos that are in memory at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .errors import RejectedError

AT_ONCE = 4
"""Maximum number of concurrent requests with photos."""
PATIENCE_S = 20.0


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
