"""Hosts, origins, tokens and sessions."""

import pytest

from edge_siamese.web.auth import SESSION_S, Guard, Sessions, is_loopback, new_token
from edge_siamese.web.errors import RejectedError


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.3.2.1"])
def test_a_loopback_guard_accepts_the_names_of_this_machine(host: str) -> None:
    assert is_loopback(host)
    guard = Guard.for_host(host)
    for name in ("localhost:8765", "127.0.0.1:9", "[::1]:8765", "LOCALHOST"):
        guard.check_host(name)


@pytest.mark.parametrize(
    "name", [None, "", "evil.example", "localhost.evil.example:8765", "192.168.0.7", "[::1", "a:b:c"]
)
def test_names_of_other_machines_are_rejected(name: str | None) -> None:
    with pytest.raises(RejectedError, match="does not answer to the name") as rejected:
        Guard.for_host("127.0.0.1").check_host(name)
    assert rejected.value.status == 421


def test_a_guard_of_another_address_accepts_addresses_and_own_names() -> None:
    guard = Guard.for_host("0.0.0.0", more=["Board.example"])
    assert not is_loopback("0.0.0.0")
    for name in ("192.168.0.7:8765", "[fe80::1]:8765", "board.example", "localhost"):
        guard.check_host(name)
    with pytest.raises(RejectedError, match="does not answer"):
        guard.check_host("evil.example")


@pytest.mark.parametrize(
    ("origin", "site", "accepted"),
    [
        (None, None, True),
        ("http://localhost:1", "same-origin", True),
        ("http://localhost:1", None, True),
        (None, "none", True),
        ("http://evil.example", None, False),
        ("null", None, False),
        ("http://localhost:2", "same-site", False),
        (None, "cross-site", False),
        (None, "same-site", False),
    ],
)
def test_pages_of_other_sites_are_rejected(origin: str | None, site: str | None, accepted: bool) -> None:
    guard = Guard.for_host("localhost")
    if accepted:
        guard.check_origin(origin, site, "localhost:1")
        return
    with pytest.raises(RejectedError, match="page of another site") as rejected:
        guard.check_origin(origin, site, "localhost:1")
    assert rejected.value.status == 403


def test_tokens_are_long_and_random() -> None:
    assert len(new_token()) >= 32
    assert new_token() != new_token()


def test_a_login_needs_the_whole_token() -> None:
    sessions = Sessions("secret-token-of-the-board")
    for wrong in ("", "secret", "secret-token-of-the-boarD", "ü"):
        with pytest.raises(RejectedError) as rejected:
            sessions.login(wrong)
        assert rejected.value.status == 403
    assert sessions.is_session(sessions.login(" secret-token-of-the-board\n"))
    assert not sessions.is_session("made up")
    assert not sessions.is_session(None)


def test_a_session_ends_twelve_hours_after_its_last_request() -> None:
    now = [0.0]
    sessions = Sessions("t" * 16, clock=lambda: now[0])
    session = sessions.login("t" * 16)
    now[0] = SESSION_S - 1
    assert sessions.is_session(session)
    now[0] = 2 * SESSION_S - 2
    assert sessions.is_session(session)
    now[0] = 4 * SESSION_S
    assert not sessions.is_session(session)


def test_a_session_ends_with_the_logout_and_the_oldest_of_too_many_ends() -> None:
    sessions = Sessions("t" * 16)
    first = sessions.login("t" * 16)
    second = sessions.login("t" * 16)
    sessions.logout(second)
    assert not sessions.is_session(second)
    assert sessions.is_session(first)
    for _ in range(64):
        sessions.login("t" * 16)
    assert not sessions.is_session(first)


def test_a_csrf_token_belongs_to_its_session() -> None:
    sessions = Sessions("t" * 16)
    one, other = sessions.login("t" * 16), sessions.login("t" * 16)
    sessions.check_csrf(one, sessions.csrf_token(one))
    for wrong in (sessions.csrf_token(other), "", None, Sessions("t" * 16).csrf_token(one)):
        with pytest.raises(RejectedError, match="X-CSRF-Token"):
            sessions.check_csrf(one, wrong)
