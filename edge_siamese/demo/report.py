"""Images of the demo's report: enrolled people and the verifier's decisions."""

import cv2
import numpy as np

from ..cameras import open_source
from ..frames import RGB
from ..image_archive import ImageArchive
from ..reports.pages import PageBody
from .result import Answer, DemoResult
from .scenario import DemoScenario

_SHOWN_ANSWERS = 18


def add_people(report: PageBody, scenario: DemoScenario) -> None:
    """Add a photo of each enrolled person to the report."""
    for name in scenario.names:
        with ImageArchive(scenario.enrolled / name) as photos:
            report.image(photos.image(photos.images[0]), f"{name}, {len(photos.images)} photos")


def add_answers(report: PageBody, scenario: DemoScenario, result: DemoResult) -> None:
    """Add images of the verifier's decisions, each with the face's box and a caption."""
    expected = {answer.place: answer for answer in _shown_answers(result)}
    with open_source(str(scenario.shown)) as source:
        for frame in source:
            answer = expected.get(frame.sequence if scenario.rendered else frame.source)
            if answer:
                kind = "bad" if answer.wrong else "good" if answer.named else "soft"
                report.image(_boxed(frame.pixels, answer), _caption(answer), kind)


def _shown_answers(result: DemoResult) -> list[Answer]:
    """The answers to show: all wrong ones, then the first match of each visit, then the others."""
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
