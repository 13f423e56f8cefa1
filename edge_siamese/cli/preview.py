"""``edge-siamese preview``: serves a web page that compares photos and shows, enrolls and erases people."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from .shared.galleries import PATH, note
from .shared.options import engine_options, json_option, target_fmr_option, target_fpir_option
from .shared.output import emit_json
from .shared.web import WebOptions, require_web, web_options


@click.command()
@click.option(
    "--gallery",
    "path",
    type=PATH,
    help="The .esg for identification and enrollment, created with the first person; without it the page only compares.",
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on; any other address requires a login."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 chooses a free port.")
@web_options
@click.option("--open", "open_browser", is_flag=True, help="Open the page in the browser of this machine.")
@target_fmr_option
@target_fpir_option
@json_option
@engine_options
def preview(
    path: Path | None,
    host: str,
    port: int,
    open_browser: bool,
    target_fmr: float,
    target_fpir: float,
    as_json: bool,
    **options: Any,
) -> None:
    """Serve a web page that compares photos and enrolls people, until Ctrl-C.

    The server listens on this machine only. With another --host it requires a login: the printed address contains the token.
    Photos are not stored.
    """
    require_web("'preview'")
    import webbrowser

    from ..engine import FaceEngine
    from ..web.app import create_app
    from ..web.auth import Guard
    from ..web.context import WebContext
    from ..web.photo_engine import PhotoEngine

    web = WebOptions.taken_from(options, host, port)
    token, server = web.token(), web.listen()
    with FaceEngine.open(**options) as engine:
        context = WebContext.create(
            PhotoEngine.of(engine),
            guard=Guard.for_host(host, more=web.hosts),
            token=token,
            gallery=path,
            target_fmr=target_fmr,
            target_fpir=target_fpir,
            read_only=web.read_only,
            secure=web.tls_cert is not None,
        )
        if path is not None and not path.exists():
            note(f"{path}: no gallery yet; the first person who is enrolled creates it")
        address = web.report_address(server, token)
        if as_json:
            emit_json("preview", {"url": server.url, "login": address, "token": token}, models=engine.digests)
        else:
            click.echo(address)
        if open_browser:
            webbrowser.open(address)
        with _signals_end_normally():
            server.serve(create_app(context))
        server.close()


@contextmanager
def _signals_end_normally() -> Iterator[None]:
    """uvicorn ends on SIGINT and SIGTERM and then sends itself the signal again, which has no effect here."""
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
