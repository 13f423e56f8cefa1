"""Pictures of the demo's report: who is enrolled, and what the loop answered."""

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
    """A photo of everybody in the gallery."""
    for name in scenario.names:
        with ImageArchive(scenario.enrolled / name) as photos:
            report.picture(photos.image(photos.images[0]), f"{name}, {len(photos.images)} photos")


def add_answers(report: PageBody, scenario: DemoScenario, result: DemoResult) -> None:
    """Images of the loop's answers, each with its box and what was said."""
    expected = {answer.place: answer for answer in _worth_seeing(result)}
    with open_source(str(scenario.shown)) as source:
        for frame in source:
            answer = expected.get(frame.sequence if scenario.rendered else frame.source)
            if answer:
                kind = "bad" if answer.wrong else "good" if answer.named else "soft"
                report.picture(_boxed(frame.pixels, answer), _caption(answer), kind)


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
