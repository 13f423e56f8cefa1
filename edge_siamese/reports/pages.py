"""The one way pages are made: a body inside a common frame, style and pictures in the file, written atomically.

Bodies are jinja2 templates (`page_templates`) where they are views of a report, or are put together by `PageBody`, which
needs nothing that a bare install lacks.
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
from .canvas import Raster
from .formatting import percent, percent_interval, points

PHOTOS = "This page contains photographs of people. Ask them before you share it."
NAMES = "This page names people. Ask them before you share it."
_STYLE = "page.css"


def require(packages: Sequence[str], extra: str) -> None:
    """Say what a page needs before hours are spent on what it shows.

    Args:
        packages: by the names they are imported by.
        extra: of this project, that installs them.

    Raises:
        RuntimeMissingError: one is not installed.
    """
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        raise RuntimeMissingError(
            f"a report needs {', '.join(missing)}, not installed: pip install 'edge-siamese[{extra}]'"
        )


def page_html(title: str, body: str, *, notice: str = "") -> str:
    """A page that opens offline and fetches nothing.

    Args:
        title: text.
        body: HTML.
        notice: what has to be known before the page is shared, `PHOTOS` or `NAMES`; it stands at the top.
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
    """The jinja2 environment of the templates in a folder: everything escaped, nothing undefined."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"percent": percent, "bounds": percent_interval, "points": points}
    return environment


class PageBody:
    """Collects headings, text, tables and pictures.

    Args:
        title: of the page.
        lead: one sentence under it.
    """

    def __init__(self, title: str, lead: str) -> None:
        self.title = title
        self._parts = [f"<h1>{html.escape(title)}</h1>", f'<p class="soft">{html.escape(lead)}</p>']
        self._pictures: list[str] = []

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

    def picture(self, image: RGB, caption: str, kind: str = "soft", height: int = 150) -> None:
        """Add a picture beside the one before.

        Args:
            image: uint8 ``(H, W, 3)``.
            caption: text.
            kind: "good", "bad" or "soft": the color of the caption.
            height: in pixels.
        """
        width = round(image.shape[1] * height / image.shape[0])
        small = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        text, source = html.escape(caption), Raster(small).data_uri()
        self._pictures.append(
            f'<figure><img alt="{text}" width="{width}" height="{height}" src="{source}">'
            f'<figcaption class="{kind}">{text}</figcaption></figure>'
        )

    def page(self, *, notice: str = "") -> str:
        """The whole page."""
        self._add("")
        return page_html(self.title, "\n".join(filter(None, self._parts)), notice=notice)

    def _add(self, part: str) -> None:
        if self._pictures:
            self._parts.append(f'<div class="photos">{"".join(self._pictures)}</div>')
            self._pictures.clear()
        self._parts.append(part)
