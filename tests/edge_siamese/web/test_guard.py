"""Who may ask."""

import pytest

from edge_siamese.web.errors import RejectedError
from edge_siamese.web.guard import Guard, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.3.2.1"])
def test_this_machine_alone_needs_no_token(host: str) -> None:
    assert is_loopback(host)
    guard = Guard.for_host(host)
    guard.check_token(None)
    for name in ("localhost:8765", "127.0.0.1:9", "[::1]:8765", "LOCALHOST"):
        guard.check_host(name)


@pytest.mark.parametrize(
    "name", [None, "", "evil.example", "localhost.evil.example:8765", "192.168.0.7", "[::1", "a:b:c"]
)
def test_names_of_other_machines_are_refused(name: str | None) -> None:
    with pytest.raises(RejectedError, match="does not answer to the name") as rejected:
        Guard.for_host("127.0.0.1").check_host(name)
    assert rejected.value.status == 421


def test_elsewhere_bound_it_answers_to_addresses_and_its_own_names_and_wants_the_token() -> None:
    guard = Guard.for_host("0.0.0.0", more=["Board.example"])
    assert not is_loopback("0.0.0.0")
    for name in ("192.168.0.7:8765", "[fe80::1]:8765", "board.example", "localhost"):
        guard.check_host(name)
    with pytest.raises(RejectedError, match="does not answer"):
        guard.check_host("evil.example")
    assert guard.token is not None
    assert len(guard.token) >= 32
    assert guard.token != Guard.for_host("0.0.0.0").token
    guard.check_token(guard.token)
    for wrong in (None, "", guard.token[:-1], "ü"):
        with pytest.raises(RejectedError, match="open the whole address") as rejected:
            guard.check_token(wrong)
        assert rejected.value.status == 403


@pytest.mark.parametrize(
    ("origin", "good"),
    [
        (None, True),
        ("http://localhost:1", True),
        ("http://evil.example", False),
        ("null", False),
        ("http://localhost:2", False),
    ],
)
def test_pages_of_other_sites_may_not_ask(origin: str | None, good: bool) -> None:
    guard = Guard.for_host("localhost")
    if good:
        guard.check_origin(origin, "localhost:1")
        return
    with pytest.raises(RejectedError, match="page of another site"):
        guard.check_origin(origin, "localhost:1")
