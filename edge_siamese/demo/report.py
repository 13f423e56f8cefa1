"""The demo's report: one HTML file with its images inside."""

import base64
import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from ..atomic import write_atomically
from ..cameras import open_source
from ..frames import RGB
from ..image_archive import ImageArchive
from .result import Answer, DemoResult
from .scenario import DemoScenario

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2024;background:#fff}
h1{font-size:1.7rem;margin-bottom:.2rem} h2{font-size:1.2rem;margin-top:2.2rem} p.lead{color:#60646c;margin-top:0}
table{border-collapse:collapse;margin:.6rem 0;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .9rem .25rem 0;text-align:right;border-bottom:1px solid #e8e8ec}
th:first-child,td:first-child{text-align:left} th{font-weight:600;color:#60646c}
figure{display:inline-block;margin:.4rem .8rem .4rem 0;vertical-align:top} figcaption{font-size:.85rem;color:#60646c}
img{border-radius:6px;display:block} pre{background:#f4f4f6;padding:.8rem 1rem;border-radius:6px;overflow-x:auto}
.right{color:#18794e}.wrong{color:#cd2b31;font-weight:600}.none{color:#60646c}
"""
_SHOWN_ANSWERS = 18


@dataclass
class Report:
    """Collects sections and writes the page."""

    title: str
    lead: str
    parts: list[str] = field(default_factory=list)

    def heading(self, text: str) -> None:
        self.parts.append(f"<h2>{html.escape(text)}</h2>")

    def paragraph(self, text: str) -> None:
        self.parts.append(f"<p>{html.escape(text)}</p>")

    def code(self, text: str) -> None:
        self.parts.append(f"<pre>{html.escape(text)}</pre>")

    def table(self, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        def line(cells: Sequence[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        self.parts.append("<table>" + line(header, "th") + "".join(line(row, "td") for row in rows) + "</table>")

    def figure(self, image: RGB, caption: str, kind: str = "none", height: int = 150) -> None:
        scale = height / image.shape[0]
        small = cv2.resize(image, (max(1, round(image.shape[1] * scale)), height), interpolation=cv2.INTER_AREA)
        _, encoded = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])
        source = base64.b64encode(encoded.tobytes()).decode()
        self.parts.append(
            f'<figure><img alt="{html.escape(caption)}" height="{height}" src="data:image/jpeg;base64,{source}">'
            f'<figcaption class="{kind}">{html.escape(caption)}</figcaption></figure>'
        )

    def save(self, path: Path) -> None:
        page = (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(self.title)}</title>'
            f"<style>{_STYLE}</style><h1>{html.escape(self.title)}</h1>"
            f'<p class="lead">{html.escape(self.lead)}</p>{"".join(self.parts)}</html>'
        )
        with write_atomically(path) as stream:
            stream.write(page.encode())


def add_people(report: Report, scenario: DemoScenario) -> None:
    """A photo of everybody in the gallery."""
    for name in scenario.names:
        with ImageArchive(scenario.enrolled / name) as photos:
            report.figure(photos.image(photos.images[0]), f"{name}, {len(photos.images)} photos")


def add_answers(report: Report, scenario: DemoScenario, result: DemoResult) -> None:
    """Images of the loop's answers, each with its box and what was said."""
    expected = {answer.place: answer for answer in _worth_seeing(result)}
    with open_source(str(scenario.shown)) as source:
        for frame in source:
            answer = expected.get(frame.sequence if scenario.rendered else frame.source)
            if answer:
                kind = "wrong" if answer.wrong else "right" if answer.named else "none"
                report.figure(_boxed(frame.pixels, answer), _caption(answer), kind)


def _worth_seeing(result: DemoResult) -> list[Answer]:
    """Everything wrong, then the first match or best try of each visit."""
    wrong = result.wrong
    others = [answer for answer in result.visits() if not answer.wrong and answer.event["score"] is not None]
    named = [answer for answer in others if answer.named]
    return (wrong + named + [answer for answer in others if not answer.named])[:_SHOWN_ANSWERS]


def _caption(answer: Answer) -> str:
    said = answer.named or answer.event["decision"]
    score = answer.event["score"]
    shown = "" if score is None else f" ({score:.2f})"
    return f"{said}{shown}; really {answer.truth or 'nobody'}"


def _boxed(image: RGB, answer: Answer) -> RGB:
    color = (205, 43, 49) if answer.wrong else (48, 164, 108) if answer.named else (139, 141, 152)
    image = image.copy()
    x, y, width, height = (round(value) for value in answer.event["box"])
    thickness = max(2, round(image.shape[0] / 120))
    cv2.rectangle(image, (x, y), (x + width, y + height), color, thickness)
    return np.asarray(image, np.uint8)
