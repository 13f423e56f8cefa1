"""Who may ask, and what answers forbid the browser.

The page listens on this machine alone unless told otherwise. Still any page in the same browser can send it requests, and
by DNS rebinding under a name of its own read the answers, so names other than this machine's are refused. Elsewhere
bound, a random token in the address stands for the right to ask.
"""

import ipaddress
import secrets
import socket
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from .errors import RejectedError

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src blob: data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Guard:
    """Checks requests.

    Attributes:
        names: host names this server answers to, lower case.
        any_address: it also answers to every IP address; rebinding needs a name.
        token: that must come along; None where none is needed.
    """

    names: frozenset[str]
    any_address: bool
    token: str | None

    @classmethod
    def for_host(cls, host: str, *, more: Collection[str] = ()) -> "Guard":
        """The guard of a server bound to a host: with a token unless that is this machine's own loopback."""
        names = _LOOPBACK | {host.lower()} | {name.lower() for name in more}
        if is_loopback(host):
            return cls(names, any_address=False, token=None)
        own = socket.gethostname().lower()
        return cls(names | {own, f"{own}.local"}, any_address=True, token=secrets.token_urlsafe(24))

    def check_host(self, header: str | None) -> None:
        """
        Raises:
            RejectedError: the Host header names another machine (421).
        """
        name = _name_of(header)
        if name is None or not (name in self.names or (self.any_address and _is_address(name))):
            raise RejectedError(421, f"this server does not answer to the name {header!r}; --allow-host makes it")

    def check_origin(self, origin: str | None, host: str | None) -> None:
        """Hold the Origin header against the Host header; what is no browser sends none.

        Raises:
            RejectedError: the request was sent by a page of another site (403).
        """
        if origin is not None and urlsplit(origin).netloc != host:
            raise RejectedError(403, "this request was sent by a page of another site")

    def check_token(self, given: str | None) -> None:
        """
        Raises:
            RejectedError: the token is missing or wrong (403).
        """
        if self.token is not None and not secrets.compare_digest((given or "").encode(), self.token.encode()):
            raise RejectedError(
                403, "the token is missing or wrong: open the whole address that 'edge-siamese preview' printed"
            )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server bound to `host`."""
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
