"""The page of ``edge-siamese run --web``: the server beside the loop."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .shared.galleries import note
from .shared.web import WebOptions, require_web

if TYPE_CHECKING:
    from ..engine import FaceEngine
    from ..web.live import LiveHub
    from ..web.server import WebServer


@dataclass(frozen=True)
class RunPage:
    """The page of a run; it listens from the beginning, so that an address that is taken is reported before any work.

    Attributes:
        options: of the page.
        token: required token; None if none is required.
        server: listens on the address.
        hub: shows the loop's frames and events.
    """

    options: WebOptions
    token: str | None
    server: "WebServer"
    hub: "LiveHub"

    @classmethod
    def taken_from(cls, options: dict[str, Any], address: tuple[str, int] | None) -> "RunPage | None":
        """Remove the options of the page from the command's options and listen; None without an address.

        Raises:
            MissingExtraError: the extra ``web`` is not installed.
            UsageError: options of the page without ``--web``.
            DataError: the address, the certificate or the token file cannot be used.
        """
        if address is None:
            unused = WebOptions.taken_from(options, "", 0)
            if unused != WebOptions("", 0, (), None, None, None, read_only=False):
                raise click.UsageError("--allow-host, --token-file, --tls-cert, --tls-key and --read-only need --web")
            return None
        require_web("--web")
        from ..web.live import LiveHub

        web = WebOptions.taken_from(options, *address)
        return cls(web, web.token(), web.listen(), LiveHub())

    @contextmanager
    def served(
        self, engine: "FaceEngine", gallery: Path, target_fpir: float, engine_settings: dict[str, Any]
    ) -> Iterator[None]:
        """Serve in a thread of its own during the block.

        Photos get an engine of their own, so that the loop does not wait for them. An Edge TPU serves one program at a time
        and is shared.
        """
        from ..engine import FaceEngine
        from ..web.app import create_app
        from ..web.auth import Guard
        from ..web.context import WebContext
        from ..web.photo_engine import PhotoEngine

        shared = engine.delegate == "edgetpu"
        photos = PhotoEngine.of(engine, None if shared else lambda: FaceEngine.open(**engine_settings, check=False))
        context = WebContext.create(
            photos,
            guard=Guard.for_host(self.options.host, more=self.options.hosts),
            token=self.token,
            gallery=gallery,
            hub=self.hub,
            target_fpir=target_fpir,
            read_only=self.options.read_only,
            secure=self.options.tls_cert is not None,
        )
        try:
            with self.server.in_background(create_app(context)):
                note(f"page: {self.options.report_address(self.server, self.token)}")
                try:
                    yield
                finally:
                    self.hub.close()
        finally:
            self.server.close()
            if not shared:
                photos.close()
