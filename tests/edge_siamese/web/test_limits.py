"""Request rates and body sizes."""

import asyncio

import pytest

from edge_siamese.web import limits
from edge_siamese.web.errors import RejectedError
from edge_siamese.web.limits import AT_ONCE, Message, RateLimit, Slots, check_length, timed


def test_a_burst_is_accepted_and_then_the_rate() -> None:
    now = [0.0]
    limit = RateLimit(per_minute=60, burst=3, clock=lambda: now[0])
    for _ in range(3):
        limit.check("a")
    with pytest.raises(RejectedError) as rejected:
        limit.check("a")
    assert (rejected.value.status, rejected.value.headers) == (429, {"Retry-After": "2"})
    limit.check("b")
    now[0] = 1.0
    limit.check("a")
    with pytest.raises(RejectedError):
        limit.check("a")


def test_the_memory_of_clients_is_bounded() -> None:
    limit = RateLimit(per_minute=60, burst=1)
    for number in range(3000):
        limit.check(str(number))
    assert len(limit._buckets) <= 1024


@pytest.mark.parametrize(
    ("header", "status"),
    [(None, 411), ("", 400), ("-1", 400), ("1e3", 400), ("٣", 400), ("1" * 30, 400), ("101", 413)],
)
def test_a_length_is_checked_before_the_body_is_read(header: str | None, status: int) -> None:
    check_length("100", 100)
    with pytest.raises(RejectedError) as rejected:
        check_length(header, 100)
    assert rejected.value.status == status


def test_a_body_that_does_not_arrive_in_time_is_rejected() -> None:
    async def never() -> Message:
        await asyncio.sleep(60)
        return {"type": "http.request"}

    async def trickle() -> Message:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def read() -> None:
        while True:
            await timed_receive()

    for source in (never, trickle):
        timed_receive = timed(source, 0.1)
        with pytest.raises(RejectedError, match=r"did not arrive within 0\.1 s") as rejected:
            asyncio.run(read())
        assert rejected.value.status == 408


def test_a_complete_body_has_no_deadline_for_the_answer() -> None:
    messages = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if messages:
            return messages.pop()
        await asyncio.sleep(0.1)
        return {"type": "http.disconnect"}

    async def read() -> str:
        timed_receive = timed(receive, 0.03)
        await timed_receive()
        return str((await timed_receive())["type"])

    assert asyncio.run(read()) == "http.disconnect"


def test_only_so_many_requests_with_photos_are_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PATIENCE_S", 0.05)

    async def crowd() -> list[int]:
        slots = Slots()

        async def hold() -> int:
            try:
                async with slots.held():
                    await asyncio.sleep(0.3)
            except RejectedError as rejected:
                return rejected.status
            return 200

        first = await asyncio.gather(*(hold() for _ in range(AT_ONCE + 2)))
        return [*first, await hold()]

    assert asyncio.run(crowd()) == [200] * AT_ONCE + [503] * 2 + [200]
