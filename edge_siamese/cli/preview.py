"""``edge-siamese preview``: serves a web page that compares photos."""

import errno
import signal
import threading
from pathlib import Path
from typing import Any

import click

from .shared.galleries import PATH, note
from .shared.options import engine_options, json_option, target_fmr_option, target_fpir_option
from .shared.output import emit_json


@click.command()
@click.option(
    "--gallery", "path", type=PATH, help="The .esg for identification; without it the page only compares two photos."
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on; any other address requires a token."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 chooses a free port.")
@click.option("--allow-host", "names", multiple=True, help="Another host name of this machine; repeatable.")
@click.option("--open", "open_browser", is_flag=True, help="Open the page in the browser of this machine.")
@target_fmr_option
@target_fpir_option
@json_option
@engine_options
def preview(
    path: Path | None,
    host: str,
    port: int,
    names: tuple[str, ...],
    open_browser: bool,
    target_fmr: float,
    target_fpir: float,
    as_json: bool,
    **engine_settings: Any,
) -> None:
    """Serve a web page that compares uploaded photos, until Ctrl-C.

    The server listens on this machine only. With another --host the address contains a random token; everybody who has the
    address can use the page. Nothing is stored.
    """
    import webbrowser

    from ..engine import FaceEngine
    from ..errors import DataError
    from ..gallery import Gallery
    from ..web.api import PreviewApi
    from ..web.guard import Guard, is_loopback
    from ..web.server import PreviewServer

    gallery = None if path is None else Gallery.open(path)
    with FaceEngine.open(**engine_settings) as engine:
        api = PreviewApi(engine, target_fmr=target_fmr, gallery=gallery, target_fpir=target_fpir)
        try:
            server = PreviewServer(host, port, api, guard=Guard.for_host(host, more=names))
        except OSError as error:
            what = "it is taken" if error.errno == errno.EADDRINUSE else error.strerror or str(error)
            raise DataError(
                f"{host} port {port}: cannot be listened on: {what}; --port and --host name others"
            ) from error
        with server:
            if as_json:
                emit_json("preview", {"url": server.url, "token": server.guard.token}, models=engine.digests)
            else:
                click.echo(server.url)
            if not is_loopback(host):
                note("not encrypted: use it in a network you trust")
            if open_browser:
                webbrowser.open(server.url)
            _serve(server)


def _serve(server: Any) -> None:
    """Serve until Ctrl-C or SIGTERM; both are a normal end."""
    before = signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    try:
        server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        note("stopped")
    finally:
        signal.signal(signal.SIGTERM, before)
