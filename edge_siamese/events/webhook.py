"""Webhook sink: every event as an HTTP POST, signed, tried again until the server takes it.

Headers of a request:

==============================  =====================================================================================
``X-Edge-Siamese-Delivery``     number of the event, the same for every try: a receiver can leave out repetitions
``X-Edge-Siamese-Timestamp``    seconds since 1970 of this try
``X-Edge-Siamese-Signature``    with a secret: ``sha256=`` and the HMAC-SHA-256 of ``TIMESTAMP.BODY`` in hexadecimal
==============================  =====================================================================================
"""

import hashlib
import hmac
import http.client
import json
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from .. import __version__
from ..errors import DataError
from .event import Event
from .queued import DeliveryError

TIMEOUT_S = 5.0
_LATER = frozenset({408, 425, 429})


class WebhookSink:
    """Posts events to a URL. Use it in a `QueuedSink`.

    Args:
        url: http or https; redirects are not followed.
        secret: key of the signature; None for none.
        clock: seconds since 1970.

    Raises:
        DataError: not such a URL.
    """

    def __init__(self, url: str, secret: bytes | None = None, *, clock: Callable[[], float] = time.time) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise DataError(
                f"the webhook: expected http://... or https://... without a login, found '{_without_login(url)}'"
            )
        self._url, self._secret, self._clock = url, secret, clock
        self._name = f"{parts.scheme}://{parts.netloc}"  # paths of webhooks are often secret
        self._current: Event | None = None
        self._delivery = ""
        self._opener = build_opener(_NoRedirects)

    def emit(self, event: Event) -> None:
        """Post an event.

        Raises:
            DeliveryError: no connection, or the server asks to try again.
            ValueError: the server rejects the event.
        """
        if event is not self._current:
            self._current, self._delivery = event, str(uuid.uuid4())
        body = json.dumps(event.to_json(), ensure_ascii=False, allow_nan=False).encode()
        request = Request(self._url, body, self._headers(body), method="POST")
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as response:
                response.read(1)
        except HTTPError as error:
            with error:
                sentence = f"{self._name} answers {error.code} {error.reason}"
            if error.code >= 500 or error.code in _LATER:
                raise DeliveryError(sentence) from error
            raise ValueError(sentence) from error
        except (OSError, http.client.HTTPException) as error:
            raise DeliveryError(f"no answer of {self._name} ({_why(error)})") from error

    def close(self) -> None:
        """Do nothing: no connection is kept open."""

    def _headers(self, body: bytes) -> dict[str, str]:
        timestamp = str(int(self._clock()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"edge-siamese/{__version__}",
            "X-Edge-Siamese-Delivery": self._delivery,
            "X-Edge-Siamese-Timestamp": timestamp,
        }
        if self._secret is not None:
            headers["X-Edge-Siamese-Signature"] = signature(self._secret, timestamp, body)
        return headers


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """Signature of a request, as in its header.

    >>> signature(b"key", "1700000000", b"{}")
    'sha256=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae'
    """
    return "sha256=" + hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow none: a POST would become a GET, and the signature would go to another server."""


def _why(error: Exception) -> str:
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, TimeoutError):
        return "timeout"
    return getattr(reason, "strerror", None) or str(reason) or type(reason).__name__


def _without_login(url: str) -> str:
    return url.rpartition("@")[2]
