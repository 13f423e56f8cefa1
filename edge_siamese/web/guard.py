"""Access control of the preview server: host names, origin, token and security headers.

By default the server listens on this machine only. Other pages in the same browser can still send requests, and read the
responses by DNS rebinding, so requests for other host names are rejected. On any other address, a random token in the URL
is required.
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
    """Checks the host, origin and token of requests.

    Attributes:
        names: accepted host names, in lower case.
        any_address: whether every IP address is accepted as host; DNS rebinding needs a name.
        token: required token; None if none is required.
    """

    names: frozenset[str]
    any_address: bool
    token: str | None

    @classmethod
    def for_host(cls, host: str, *, more: Collection[str] = ()) -> "Guard":
        """The guard of a server bound to a host; requires a token unless the host is the loopback address."""
        names = _LOOPBACK | {host.lower()} | {name.lower() for name in more}
        if is_loopback(host):
            return cls(names, any_address=False, token=None)
        own = socket.gethostname().lower()
        return cls(names | {own, f"{own}.local"}, any_address=True, token=secrets.token_urlsafe(24))

    def check_host(self, header: str | None) -> None:
        """Check the Host header.

        Raises:
            RejectedError: the Host header names another machine (421).
        """
        name = _name_of(header)
        if name is None or not (name in self.names or (self.any_address and _is_address(name))):
            raise RejectedError(421, f"this server does not answer to the name {header!r}; --allow-host makes it")

    def check_origin(self, origin: str | None, host: str | None) -> None:
        """Compare the Origin header with the Host header; clients other than browsers send no Origin header.

        Raises:
            RejectedError: the request was sent by a page of another site (403).
        """
        if origin is not None and urlsplit(origin).netloc != host:
            raise RejectedError(403, "this request was sent by a page of another site")

    def check_token(self, given: str | None) -> None:
        """Check the token.

        Raises:
            RejectedError: the token is missing or wrong (403).
        """
        if self.token is not None and not secrets.compare_digest((given or "").encode(), self.token.encode()):
            raise RejectedError(
                403, "the token is missing or wrong: open the whole address that 'edge-siamese preview' printed"
            )


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
