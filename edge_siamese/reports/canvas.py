"""Drawings and raster images for reports: matplotlib plots as SVG or PNG files, or embedded in a page.

The colors differ in lightness and hue, so that they can be distinguished by color-blind readers and in print (Okabe and Ito,
"Color universal design", 2008). Files have a white background. In a page, text, lines and background use the page's
``--ink``, ``--line`` and ``--page``, so that a drawing is readable in light and dark mode.
"""

import base64
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ..atomic import write_atomically
from ..errors import DataError, RuntimeMissingError

Pixels = npt.NDArray[np.uint8]

GENUINE, IMPOSTOR, INK, GRAY = "#1971c2", "#e8590c", "#1c2024", "#8b8d98"
PALETTE = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#8b8d98")
MARKERS = "osD^vP"
FIGURE_SUFFIXES, RASTER_SUFFIXES = (".svg", ".png"), (".png", ".jpg", ".webp")
_LINE = "#e8e8ec"
_THEME = {INK: "ink", _LINE: "line", "#ffffff": "page"}
_STYLE = {
    "axes.edgecolor": GRAY,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 10,
    "grid.color": _LINE,
    "svg.fonttype": "none",
    "svg.hashsalt": "edge-siamese",  # makes the bytes reproducible
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": INK,
    "ytick.color": INK,
}
_PNG_DOTS_PER_INCH = 160
_QUALITY = 88
_LONGEST_BESIDE = 34  # maximum length of labels placed side by side


@dataclass(frozen=True)
class Drawing:
    """A plot that is drawn on demand.

    Attributes:
        draw: function that draws on an empty ``matplotlib.figure.Figure``.
        size: width and height in inches.
    """

    draw: Callable[[Any], None]
    size: tuple[float, float] = (5.6, 4.4)

    def svg(self) -> str:
        """The plot as an ``<svg>`` element for a page, in the colors of the page's theme."""
        text = self._saved("svg", transparent=True).decode()
        for color, name in _THEME.items():
            text = re.sub(re.escape(color), f"var(--{name},{color})", text, flags=re.IGNORECASE)
        return text[text.index("<svg") :].replace("<svg ", '<svg role="img" ', 1)

    def write(self, path: Path) -> None:
        """Write an ``.svg`` or ``.png`` file atomically.

        Raises:
            DataError: the path has another suffix, or its folder does not exist.
        """
        check_path(path, FIGURE_SUFFIXES)
        encoded = self._saved(path.suffix.lower()[1:], dpi=_PNG_DOTS_PER_INCH)
        with write_atomically(path) as stream:
            stream.write(encoded)

    def _saved(self, kind: str, **settings: Any) -> bytes:
        figure_class = matplotlib_figure()
        import matplotlib as mpl

        buffer = io.BytesIO()
        metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
        with mpl.rc_context(_STYLE):
            figure = figure_class(figsize=self.size, layout="constrained")
            self.draw(figure)
            figure.savefig(buffer, format=kind, metadata=metadata, **settings)
        return buffer.getvalue()


@dataclass(frozen=True, eq=False)
class Raster:
    """A raster image: uint8 ``(H, W, C)``, gray for C = 1, RGB for C = 3, RGBA for C = 4."""

    pixels: Pixels

    def data_uri(self) -> str:
        """Data URI for the ``src`` of an image: PNG unless lossy WebP is much smaller."""
        png, webp = self._encoded(".png"), self._encoded(".webp")
        kind, encoded = ("png", png) if len(png) <= 1.5 * len(webp) else ("webp", webp)
        return f"data:image/{kind};base64,{base64.b64encode(encoded).decode('ascii')}"

    def write(self, path: Path) -> None:
        """Write a ``.png``, ``.jpg`` or ``.webp`` file atomically.

        Raises:
            DataError: the path has another suffix, or its folder does not exist.
        """
        check_path(path, RASTER_SUFFIXES)
        encoded = self._encoded(path.suffix.lower())
        with write_atomically(path) as stream:
            stream.write(encoded)

    def _encoded(self, suffix: str) -> bytes:
        quality = {".jpg": [cv2.IMWRITE_JPEG_QUALITY, _QUALITY], ".webp": [cv2.IMWRITE_WEBP_QUALITY, _QUALITY]}
        pixels = self._on_white() if suffix == ".jpg" and self.pixels.shape[2] == 4 else self.pixels
        order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[pixels.shape[2]]
        return bytes(cv2.imencode(suffix, np.ascontiguousarray(pixels[..., order]), quality.get(suffix, []))[1])

    def _on_white(self) -> Pixels:
        opacity = self.pixels[..., 3:].astype(np.float32) / 255
        return np.asarray(np.rint(self.pixels[..., :3] * opacity + 255 * (1 - opacity)), np.uint8)


def matplotlib_figure() -> Any:
    """Import matplotlib's class of figures.

    Raises:
        RuntimeMissingError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise RuntimeMissingError("plots need matplotlib; install edge-siamese[report]") from error
    return Figure


def legend_below(axes: Any) -> None:
    """Place the legend of axes below the figure; nothing for a single unnamed curve."""
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        columns = 1 if max(map(len, labels)) > _LONGEST_BESIDE or len(labels) == 1 else 2
        axes.figure.legend(handles, labels, loc="outside lower center", ncols=columns, frameon=False, fontsize=9)


def check_path(path: Path, suffixes: tuple[str, ...]) -> None:
    """Check in advance that a file can be written.

    Raises:
        DataError: the suffix is wrong, or the folder does not exist.
    """
    if path.suffix.lower() not in suffixes:
        raise DataError(
            f"{path}: expected a name that ends in {' or '.join(suffixes)}, found {path.suffix!r}", path=path
        )
    if not path.resolve().parent.is_dir():
        raise DataError(f"{path}: there is no folder {path.resolve().parent}", path=path)


def as_rgb(images: Pixels) -> Pixels:
    """Convert uint8 images ``(..., 1 or 3)`` to RGB ``(..., 3)``."""
    return np.repeat(images, 3, axis=-1) if images.shape[-1] == 1 else images
