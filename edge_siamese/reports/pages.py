"""HTML pages: self-contained files with style and images, written atomically.

The body of a page is a jinja2 template (`page_templates`) or a `PageBody`, which needs no optional package.
"""

import html
import importlib.util
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..atomic import write_atomically
from ..errors import RuntimeMissingError
from ..frames import RGB
from ..installation import install_command
from .canvas import Raster
from .formatting import percent, percent_interval, points

PHOTOS = "This page contains photos of people. Ask them before you share it."
NAMES = "This page names people. Ask them before you share it."
_STYLE = "page.css"


def require(packages: Sequence[str], extra: str) -> None:
    """Check that the packages for a page are installed.

    Args:
        packages: import names of the packages.
        extra: extra of this project that installs them.

    Raises:
        RuntimeMissingError: a package is not installed.
    """
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        raise RuntimeMissingError(
            f"a report needs {', '.join(missing)}, not installed: {install_command(f'edge-siamese[{extra}]')}"
        )


def page_html(title: str, body: str, *, notice: str = "") -> str:
    """A complete HTML page that loads nothing from the network.

    Args:
        title: text.
        body: HTML.
        notice: privacy notice at the top, `PHOTOS` or `NAMES`.
    """
    style = (files(__package__) / _STYLE).read_text("utf-8")
    announced = f'<p class="note" role="note"><b>{html.escape(notice)}</b></p>\n' if notice else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{html.escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"{announced}{body}\n</body>\n</html>\n"
    )


def write_page(path: Path, page: str) -> None:
    """Write a page atomically."""
    with write_atomically(path) as stream:
        stream.write(page.encode())


def page_templates(folder: Path) -> Any:
    """The jinja2 environment of the templates in a folder; escapes all values, undefined values are errors."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"percent": percent, "bounds": percent_interval, "points": points}
    return environment


class PageBody:
    """Builds the body of a page from headings, text, tables and images.

    Args:
        title: title of the page.
        lead: sentence below the title.
    """

    def __init__(self, title: str, lead: str) -> None:
        self.title = title
        self._parts = [f"<h1>{html.escape(title)}</h1>", f'<p class="soft">{html.escape(lead)}</p>']
        self._images: list[str] = []

    def heading(self, text: str) -> None:
        self._add(f"<h2>{html.escape(text)}</h2>")

    def paragraph(self, text: str) -> None:
        self._add(f"<p>{html.escape(text)}</p>")

    def code(self, text: str) -> None:
        self._add(f"<pre>{html.escape(text)}</pre>")

    def table(self, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        def line(cells: Sequence[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        lines = line(header, "th") + "".join(line(row, "td") for row in rows)
        self._add(f'<div class="wide narrow"><table>{lines}</table></div>')

    def image(self, pixels: RGB, caption: str, kind: str = "soft", height: int = 150) -> None:
        """Add an image beside the previous one.

        Args:
            pixels: uint8 ``(H, W, 3)``.
            caption: text.
            kind: "good", "bad" or "soft": the color of the caption.
            height: displayed height in pixels.
        """
        width = round(pixels.shape[1] * height / pixels.shape[0])
        small = np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        text, source = html.escape(caption), Raster(small).data_uri()
        self._images.append(
            f'<figure><img alt="{text}" width="{width}" height="{height}" src="{source}">'
            f'<figcaption class="{kind}">{text}</figcaption></figure>'
        )

    def page(self, *, notice: str = "") -> str:
        """The complete HTML page."""
        self._add("")
        return page_html(self.title, "\n".join(filter(None, self._parts)), notice=notice)

    def _add(self, part: str) -> None:
        if self._images:
            self._parts.append(f'<div class="photos">{"".join(self._images)}</div>')
            self._images.clear()
        self._parts.append(part)
