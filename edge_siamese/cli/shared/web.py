"""Options of the web page, shared by ``preview`` and ``run --web``, and the start of its server."""

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from .galleries import PATH, note, take
from .lazy import MissingExtraError
from .options import Decorator, with_options

if TYPE_CHECKING:
    from ...web.server import WebServer

NEEDS = ("fastapi", "uvicorn", "python_multipart")

_OPTIONS: tuple[Decorator, ...] = (
    click.option("--allow-host", "hosts", multiple=True, help="Another host name of this machine; repeatable."),
    click.option(
        "--token-file",
        type=PATH,
        help="File with the login token of the page, created if it does not exist; default: a new token for every start.",
    ),
    click.option("--tls-cert", type=PATH, help="Certificate (PEM) for HTTPS."),
    click.option("--tls-key", type=PATH, help="Private key (PEM) of --tls-cert, if it is in another file."),
    click.option("--read-only", is_flag=True, help="The page may not enroll or erase anybody."),
)


def web_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of the page; pass them on to `WebOptions.taken_from`."""
    return with_options(command, _OPTIONS)


@dataclass(frozen=True)
class WebOptions:
    """Options of the page.

    Attributes:
        host, port: address to listen on.
        hosts: other host names of this machine.
        token_file: file with the login token; None for a new token.
        tls_cert, tls_key: certificate for HTTPS.
        read_only: whether the page may not change the gallery.
    """

    host: str
    port: int
    hosts: tuple[str, ...]
    token_file: Path | None
    tls_cert: Path | None
    tls_key: Path | None
    read_only: bool

    @classmethod
    def taken_from(cls, options: dict[str, Any], host: str, port: int) -> "WebOptions":
        """Remove the options of `web_options` from a command's options.

        Raises:
            UsageError: a key without a certificate.
        """
        taken = take(options, "hosts", "token_file", "tls_cert", "tls_key", "read_only")
        if taken["tls_key"] is not None and taken["tls_cert"] is None:
            raise click.UsageError("--tls-key: expected --tls-cert as well")
        return cls(host, port, **taken)

    def listen(self) -> "WebServer":
        """Listen on the address.

        Raises:
            DataError: the address or the certificate cannot be used.
        """
        from ...web.server import Certificate, WebServer

        certificate = None if self.tls_cert is None else Certificate(self.tls_cert, self.tls_key)
        return WebServer(self.host, self.port, certificate=certificate)

    def token(self) -> str | None:
        """The login token: of the token file or a new one; None on the loopback address without a token file.

        Raises:
            DataError: the token file is too short or cannot be read or created.
        """
        from ...web.auth import is_loopback, new_token

        if self.token_file is not None:
            return _token_of(self.token_file)
        return None if is_loopback(self.host) else new_token()

    def report_address(self, server: "WebServer", token: str | None) -> str:
        """The address to open, with the token in its fragment, which browsers do not send."""
        from ...web.auth import is_loopback

        if not is_loopback(self.host) and self.tls_cert is None:
            note("not encrypted: use it in a network you trust, or give --tls-cert; phone cameras need https")
        return server.url + (f"login#{quote(token, safe='')}" if token else "")


def address_of(text: str) -> tuple[str, int]:
    """Host and port of ``HOST:PORT``, ``:PORT`` or ``PORT``; the host is 127.0.0.1 if none is given.

    Raises:
        BadParameter: not an address.
    """
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    if not (port.isascii() and port.isdecimal() and int(port) <= 65535) or (":" in host and f"[{host}]" not in text):
        raise click.BadParameter(f"expected HOST:PORT or :PORT, such as :8080 or 0.0.0.0:8080, found '{text}'")
    return host or "127.0.0.1", int(port)


class WebAddress(click.ParamType[tuple[str, int]]):
    """The address of the page; see `address_of`."""

    name = "[host]:port"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        try:
            return address_of(value)
        except click.BadParameter as error:
            self.fail(error.message, param, ctx)


def require_web(what: str) -> None:
    """Check that the packages of the extra ``web`` are installed.

    Raises:
        MissingExtraError: one is missing.
    """
    for package in NEEDS:
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError(what, package, "web")


def _token_of(path: Path) -> str:
    from ...errors import DataError
    from ...web.auth import MIN_TOKEN, new_token

    try:
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as stream:
                stream.write(new_token() + "\n")
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise DataError(f"{path}: the token cannot be read or created ({reason})", path=path) from error
    if len(token) < MIN_TOKEN or any(character.isspace() for character in token):
        raise DataError(f"{path}: expected one token of at least {MIN_TOKEN} characters, found {len(token)}", path=path)
    return token
