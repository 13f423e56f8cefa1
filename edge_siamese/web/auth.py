"""Access control of the web page: host names, origins, the login with a token, and CSRF tokens.

By default the server listens on this machine only. Other pages in the same browser can still send requests, and read the
responses by DNS rebinding, so requests for other host names are rejected. On any other address a token is required: programs
send it with every request, people log in with it once and get a session cookie. Browsers also send a CSRF token with every
request that changes or uploads something.
"""

import hashlib
import hmac
import ipaddress
import secrets
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .errors import RejectedError

COOKIE = "edge_siamese_session"
CSRF_HEADER = "X-CSRF-Token"
SESSION_S = 12 * 3600.0
"""Seconds without a request after which a login ends."""
MIN_TOKEN = 16
"""Minimum length of a token that the user chooses."""
_MAX_SESSIONS = 64
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Guard:
    """Checks the host and the origin of requests.

    Attributes:
        names: accepted host names, in lower case.
        any_address: whether every IP address is accepted as host; DNS rebinding needs a name.
    """

    names: frozenset[str]
    any_address: bool

    @classmethod
    def for_host(cls, host: str, *, more: Collection[str] = ()) -> "Guard":
        """The guard of a server bound to a host."""
        names = _LOOPBACK | {host.lower()} | {name.lower() for name in more}
        if is_loopback(host):
            return cls(names, any_address=False)
        own = socket.gethostname().lower()
        return cls(names | {own, f"{own}.local"}, any_address=True)

    def check_host(self, header: str | None) -> None:
        """Check the Host header.

        Raises:
            RejectedError: the Host header names another machine (421).
        """
        name = _name_of(header)
        if name is None or not (name in self.names or (self.any_address and _is_address(name))):
            raise RejectedError(421, f"this server does not answer to the name {header!r}; --allow-host makes it")

    def check_origin(self, origin: str | None, fetch_site: str | None, host: str | None) -> None:
        """Compare the Origin header with the Host header; programs other than browsers send neither header.

        Raises:
            RejectedError: the request was sent by a page of another site (403).
        """
        foreign = origin is not None and (urlsplit(origin).netloc != host or origin == "null")
        if foreign or fetch_site in ("cross-site", "same-site"):
            raise RejectedError(403, "this request was sent by a page of another site")


@dataclass
class Sessions:
    """The token of a server, and the browsers that logged in with it.

    Attributes:
        token: required token; None if none is required.
        clock: monotonic clock in seconds.
    """

    token: str | None
    clock: Callable[[], float] = time.monotonic
    _ends: OrderedDict[str, float] = field(default_factory=OrderedDict)
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def is_token(self, given: str | None) -> bool:
        """Whether a text is the token; compared in constant time."""
        return self.token is not None and secrets.compare_digest((given or "").encode(), self.token.encode())

    def login(self, given: str) -> str:
        """Begin a session and return its identifier for the cookie.

        Raises:
            RejectedError: the token is wrong (403).
        """
        if not self.is_token(given.strip()):
            raise RejectedError(403, "this is not the token that the command printed")
        identifier = secrets.token_urlsafe(32)
        self._ends[self._digest(identifier)] = self.clock() + SESSION_S
        while len(self._ends) > _MAX_SESSIONS:
            self._ends.popitem(last=False)
        return identifier

    def is_session(self, identifier: str | None) -> bool:
        """Whether an identifier is of a session that has not ended; prolongs the session."""
        digest = self._digest(identifier or "")
        end = self._ends.pop(digest, 0.0)
        if end <= self.clock():
            return False
        self._ends[digest] = self.clock() + SESSION_S
        return True

    def logout(self, identifier: str | None) -> None:
        """End a session."""
        self._ends.pop(self._digest(identifier or ""), None)

    def csrf_token(self, identifier: str | None) -> str:
        """The CSRF token of a session; without a login, that of this server."""
        return hmac.new(self._key, (identifier or "").encode(), hashlib.sha256).hexdigest()

    def check_csrf(self, identifier: str | None, given: str | None) -> None:
        """
        Raises:
            RejectedError: the CSRF token is missing or wrong (403).
        """
        if not hmac.compare_digest((given or "").encode(), self.csrf_token(identifier).encode()):
            raise RejectedError(403, f"the header {CSRF_HEADER} is missing or wrong: load the page again")

    def _digest(self, identifier: str) -> str:
        return hmac.new(self._key, b"session:" + identifier.encode(), hashlib.sha256).hexdigest()


def new_token() -> str:
    """A random token of 192 bits."""
    return secrets.token_urlsafe(24)


def is_loopback(host: str) -> bool:
    """Whether a server bound to `host` can be reached from this machine only."""
    return host.lower() == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _name_of(header: str | None) -> str | None:
    try:
        return urlsplit(f"//{header}").hostname if header else None
    except ValueError:
        return None
