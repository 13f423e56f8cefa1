"""HTTP server of the preview page: static files and three API endpoints."""

import json
import logging
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from socketserver import TCPServer
from typing import Any
from urllib.parse import parse_qs

from ..envelope import envelope
from ..errors import EdgeSiameseError
from .api import PreviewApi
from .errors import RejectedError
from .guard import HEADERS, Guard
from .uploads import MAX_BYTES, read_form

MAX_BODY = 2 * MAX_BYTES + 65_536
AT_ONCE = 4
"""Maximum number of concurrent requests with photos."""
_MAX_DRAINED = 4 * MAX_BODY
_PATIENCE_S = 20.0
_ABOUT = "/api/about"
_FILES = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/style.css": ("style.css", "text/css; charset=utf-8"),
    "/app.js": ("app.js", "text/javascript; charset=utf-8"),
    "/view.js": ("view.js", "text/javascript; charset=utf-8"),
}
_QUESTIONS = ("/api/verify", "/api/identify")
_log = logging.getLogger(__name__)


class PreviewServer(ThreadingHTTPServer):
    """Serves the preview page until `shutdown`. Use it as a context manager.

    Args:
        host, port: address to listen on; port 0 chooses a free port.
        api: handles the API requests.
        guard: access control; default: `Guard.for_host`.

    Raises:
        OSError: the server cannot listen on the address.
    """

    daemon_threads = True

    def __init__(self, host: str, port: int, api: PreviewApi, *, guard: Guard | None = None) -> None:
        self.api, self.guard = api, guard or Guard.for_host(host)
        self.slots = threading.BoundedSemaphore(AT_ONCE)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._host = host
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Bind without the DNS lookup of the host name that HTTPServer does."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self._host, self.server_address[1]

    @property
    def url(self) -> str:
        """The address to open, with the token if there is one."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        if host in ("0.0.0.0", "[::]"):
            host = socket.gethostname()
        query = f"?token={self.guard.token}" if self.guard.token else ""
        return f"http://{host}:{self.server_port}/{query}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log an exception; a closed connection is not an error."""
        _log.log(logging.DEBUG if isinstance(sys.exception(), OSError) else logging.ERROR, "no answer", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: PreviewServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "edge-siamese", ""
    timeout = 30

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_HEAD(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def _answer(self, find: Callable[[], tuple[str, bytes]]) -> None:
        """Send the media type and body that `find` returns, or the rejection it raises."""
        self.close_connection = True
        self._path, _, self._query = self.path.partition("?")
        self._unread = self._length() or 0
        try:
            self.server.guard.check_host(self.headers.get("Host"))
            status, (kind, body) = 200, find()
        except (RejectedError, EdgeSiameseError) as error:
            rejection = error if isinstance(error, RejectedError) else RejectedError(500, str(error))
            status, (kind, body) = rejection.status, self._said(rejection)
        except OSError:
            raise
        except Exception:
            _log.exception("%s %s", self.command, self._path)
            status, (kind, body) = 500, self._said(RejectedError(500, "this went wrong here; the terminal says how"))
        self._send(status, kind, body)
        self._drain()

    def _get(self) -> tuple[str, bytes]:
        if self._path in ("/", _ABOUT):
            self.server.guard.check_token(self._token())
        if self._path == _ABOUT:
            return _encoded(self.server.api.about())
        if self._path not in _FILES:
            raise self._nothing_here()
        name, kind = _FILES[self._path]
        return kind, (files("edge_siamese.web") / name).read_bytes()

    def _post(self) -> tuple[str, bytes]:
        questions = {"/api/verify": self.server.api.verify, "/api/identify": self.server.api.identify}
        if self._path not in questions:
            raise self._nothing_here()
        self.server.guard.check_origin(self.headers.get("Origin"), self.headers.get("Host"))
        self.server.guard.check_token(self._token())
        if not self.server.slots.acquire(timeout=_PATIENCE_S):
            raise RejectedError(503, "too many photos at once: try again")
        try:
            return _encoded(questions[self._path](read_form(self.headers.get("Content-Type", ""), self._body())))
        finally:
            self.server.slots.release()

    def _body(self) -> bytes:
        length = self._length()
        if length is None:
            raise RejectedError(411, "a request with photos: expected its length in Content-Length, found none")
        if length > MAX_BODY:
            raise RejectedError(413, f"expected at most {MAX_BODY / 1e6:.0f} MB of photos, found {length / 1e6:.0f} MB")
        body = self.rfile.read(length)
        self._unread -= len(body)
        if self._unread:
            raise RejectedError(400, f"expected {length} bytes, found {len(body)}: the request is cut short")
        return body

    def _length(self) -> int | None:
        text = self.headers.get("Content-Length", "")
        return int(text) if text.isdecimal() and text.isascii() else None

    def _token(self) -> str | None:
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return token
        return parse_qs(self._query).get("token", [None])[0]

    def _nothing_here(self) -> RejectedError:
        allowed = self._allowed()
        if allowed:
            return RejectedError(405, f"{self._path}: expected {allowed}, found {self.command}")
        return RejectedError(404, f"{self._path}: there is no such page")

    def _allowed(self) -> str:
        if self._path in _FILES or self._path == _ABOUT:
            return "GET, HEAD"
        return "POST" if self._path in _QUESTIONS else ""

    def _said(self, rejection: RejectedError) -> tuple[str, bytes]:
        """A rejection as JSON for API requests, as text for others."""
        if not self._path.startswith("/api/"):
            return "text/plain; charset=utf-8", f"{rejection.sentence}\n".encode()
        return _encoded(envelope("preview-error", {"error": rejection.sentence, "photo": rejection.photo}))

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status, HTTPStatus(status).phrase)
        headers = {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"} | HEADERS
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = self._allowed()
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _drain(self) -> None:
        """Read the rest of the request: a browser that cannot finish sending does not read the response."""
        left = min(self._unread, _MAX_DRAINED)
        with suppress(OSError):
            while left > 0 and (chunk := self.rfile.read1(min(left, 1 << 16))):
                left -= len(chunk)

    def log_message(self, format: str, *args: Any) -> None:
        """Do nothing: the default log contains URLs with the token."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        _log.info("%s %s: %s", self.command, getattr(self, "_path", "?"), code)


def _encoded(body: dict[str, Any]) -> tuple[str, bytes]:
    return "application/json", json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
