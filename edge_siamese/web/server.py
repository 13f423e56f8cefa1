"""HTTP server of the page: uvicorn on one address, with TLS, deadlines for slow clients, and a thread beside a loop."""

import asyncio
import errno
import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from ..errors import DataError
from .middleware import Gatekeeper

MAX_CONNECTIONS = 64
"""Number of connections from which on requests are answered with 503; twice as many stay open, so that files can be opened."""
HEAD_S = 10.0
"""Seconds in which the head of a request must be complete, and in which the rest of a rejected body must arrive."""
WRITE_S = 20.0
"""Seconds after which a client that does not read is disconnected."""
_STOP_S = 5.0
_log = logging.getLogger(__name__)


class ImpatientProtocol(H11Protocol):
    """Disconnects clients that send no complete request head in time, or that stop reading."""

    _deadline: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > 2 * MAX_CONNECTIONS:
            transport.abort()
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch_head()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch_head()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(WRITE_S, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stalled = _cancel(self._stalled)

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadline, self._stalled = _cancel(self._deadline), _cancel(self._stalled)
        super().connection_lost(exc)

    def _watch_head(self) -> None:
        """Start the deadline while no request is being answered; it is not prolonged by single bytes."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            self._deadline = _cancel(self._deadline)
        elif self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(HEAD_S, self.transport.abort)


def _cancel(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    """Cancel a timer; returns the timer that runs now, None."""
    if timer is not None:
        timer.cancel()
    return None


@dataclass(frozen=True)
class Certificate:
    """Files of a TLS certificate.

    Attributes:
        chain: PEM file with the certificate and its chain.
        key: PEM file with the private key; None if it is in `chain`.
    """

    chain: Path
    key: Path | None = None

    def check(self) -> None:
        """Load the certificate.

        Raises:
            DataError: a file cannot be read, or the key does not belong to the certificate.
        """
        for path in filter(None, (self.chain, self.key)):
            try:
                path.read_bytes()
            except OSError as error:
                raise DataError(f"{path}: cannot be read ({error.strerror or error})", path=path) from error
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(self.chain, self.key, "")
        except (ssl.SSLError, ValueError) as error:
            raise DataError(
                f"{self.chain}: expected a PEM certificate with its unencrypted private key, found "
                f"{getattr(error, 'reason', None) or error}",
                path=self.chain,
            ) from error


class WebServer:
    """Serves an application on one address.

    Args:
        host, port: address; port 0 chooses a free port.
        certificate: for HTTPS; None for HTTP.

    Attributes:
        host, port: address that is listened on.

    Raises:
        DataError: the address cannot be listened on, or the certificate cannot be used.
    """

    def __init__(self, host: str, port: int, *, certificate: Certificate | None = None) -> None:
        if certificate is not None:
            certificate.check()
        self.host, self._certificate = host, certificate
        self._socket = _listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._server: uvicorn.Server | None = None

    @property
    def url(self) -> str:
        """Address of the page."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        if host in ("0.0.0.0", "[::]"):
            host = socket.gethostname()
        return f"http{'s' if self._certificate else ''}://{host}:{self.port}/"

    def serve(self, application: Gatekeeper) -> None:
        """Serve until `stop`; in the main thread also until SIGINT or SIGTERM, which both are a normal end."""
        self._prepare(application).run(sockets=[self._socket])

    @contextmanager
    def in_background(self, application: Gatekeeper) -> Iterator[None]:
        """Serve in a thread of its own during the block."""
        server = self._prepare(application)
        thread = threading.Thread(target=self._run, args=(server,), name="web", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.stop()
            thread.join(_STOP_S)

    def stop(self) -> None:
        """End `serve`; callable from any thread."""
        if self._server is not None:
            self._server.should_exit = True

    def close(self) -> None:
        """Free the address."""
        self._socket.close()

    def _run(self, server: uvicorn.Server) -> None:
        try:
            server.run(sockets=[self._socket])
        except Exception:  # the loop goes on without its page
            _log.exception("%s: the page ended", self.url)

    def _prepare(self, application: Gatekeeper) -> uvicorn.Server:
        self._server = uvicorn.Server(self._configuration(application))
        return self._server

    def _configuration(self, application: Gatekeeper) -> uvicorn.Config:
        settings: dict[str, Any] = {}
        if self._certificate is not None:
            settings = {"ssl_certfile": self._certificate.chain, "ssl_keyfile": self._certificate.key}
        for library in ("uvicorn.error", "python_multipart"):  # what clients send wrongly is answered, not logged
            logging.getLogger(library).setLevel(logging.ERROR)
        return uvicorn.Config(
            application,
            http=ImpatientProtocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MAX_CONNECTIONS,
            timeout_graceful_shutdown=1,
            **settings,
        )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        what = "it is taken" if error.errno == errno.EADDRINUSE else error.strerror or str(error)
        raise DataError(f"{host} port {port}: cannot be listened on: {what}; choose another address") from error
    return listening
