"""Words of the page for people who do not know error rates: sentences about rates, decisions and reasons, and advice."""

from collections.abc import Mapping

from ..decision import Decision, Outcome, Reason
from ..gallery.operating_point_choice import OperatingPointChoice
from ..operating_point import OperatingPoint

NO_FACE_ADVICE = [
    "Use a photo in which the face looks at the camera and is well lit.",
    "The face must not be small: come closer, or cut the photo to head and shoulders.",
    "Nothing may cover eyes, nose or mouth.",
]
HEIC_ADVICE = [
    "On the iPhone: Settings, Camera, Formats, Most Compatible. New photos are then JPEG files.",
    "For a photo you already have: choose it in the browser of the iPhone itself, which converts it, or send a screenshot.",
]
REASON_WORDS: Mapping[Reason, str] = {
    Reason.OK: "named",
    Reason.NO_FACE: "no face found",
    Reason.TOO_SMALL: "the face was too small",
    Reason.BLURRED: "the face was too blurred",
    Reason.DARK: "too dark, too bright or too flat",
    Reason.POSE: "the face was turned away",
    Reason.OCCLUDED: "a mask, glasses or something else covered the face",
    Reason.INFRARED: "the face was lit by infrared light",
    Reason.AMBIGUOUS: "looked like two people of the gallery",
    Reason.OVERDUE: "kept beyond the last day, so not named",
    Reason.BELOW_THRESHOLD: "not like anybody in the gallery",
    Reason.STALE_FRAME: "the frame came too late",
    Reason.CUT_OFF: "the edge of the image cut the face off",
    Reason.MORE_VIEWS: "seen too briefly",
    Reason.LIVENESS: "the turns of the head that were asked for were not made",
}
REASON_ADVICE: Mapping[Reason, str] = {
    Reason.NO_FACE: "Show the whole face, from the front.",
    Reason.TOO_SMALL: "Come closer, or move or zoom the camera: a face needs at least 26 pixels, better 100.",
    Reason.BLURRED: "Hold still, clean the lens, or add light so that the exposure is shorter.",
    Reason.DARK: "Add light from the front, and avoid a window or lamp behind the person.",
    Reason.OCCLUDED: "Take off masks and sunglasses, also on enrolled photos.",
    Reason.INFRARED: "Use visible light, or a camera with an infrared filter.",
    Reason.POSE: "Look at the camera. A camera at the height of the face sees most.",
    Reason.AMBIGUOUS: "Enroll better photos of both people, or erase one of two entries of the same person.",
    Reason.OVERDUE: "Enroll the person again with a later last day, or erase the entry.",
    Reason.BELOW_THRESHOLD: "If the person is enrolled, add a photo taken with this camera in this light.",
    Reason.STALE_FRAME: "The computer is too slow or the camera's connection is: use a smaller image.",
    Reason.CUT_OFF: "Turn or move the camera so that people are in the middle of its image.",
    Reason.MORE_VIEWS: "Stay before the camera for a second, or place it where people look at it longer.",
    Reason.LIVENESS: "Look at the camera, then turn the head as asked, and back.",
}
_TITLES = {Outcome.MATCH: "Same person", Outcome.UNKNOWN: "Different people", Outcome.UNDECIDED: "Cannot tell"}


def one_in(rate: float) -> str:
    """A rate as a proportion with two significant digits: ``1 in 1,000`` for 0.001, ``1 in 3.1`` for 0.32."""
    times = 1.0 / rate
    digits = 0 if times >= 9.95 else 1
    rounded = float(f"{times:.2g}")
    return f"1 in {rounded:,.{digits}f}".removesuffix(".0")


def strangers_pass(point: OperatingPoint) -> str:
    """How often two photos of different people match at an operating point."""
    return f"about {one_in(point.target_fmr)} strangers would pass"


def strangers_named(choice: OperatingPointChoice) -> str:
    """How often a stranger is named by a gallery at its operating point."""
    reached = min(choice.point.target_fmr * choice.target_fpir / choice.required_fmr, 1.0)
    rate = one_in(choice.target_fpir if choice.sufficient else reached)
    return f"{'about' if choice.sufficient else 'up to'} {rate} strangers would be named"


def comparison_words(decision: Decision, point: OperatingPoint) -> dict[str, object]:
    """Title, sentence and advice about a comparison of two photos."""
    sentences = {
        Outcome.MATCH: f"The faces are alike enough. With this limit, {strangers_pass(point)}.",
        Outcome.UNKNOWN: "The faces are not alike enough to be one person's.",
        Outcome.UNDECIDED: f"One of the photos cannot be used: {REASON_WORDS[decision.reason]}.",
    }
    title = _TITLES[decision.outcome]
    return {"title": title, "sentence": sentences[decision.outcome], "advice": advice_about(decision)}


def identification_words(decision: Decision, choice: OperatingPointChoice) -> dict[str, object]:
    """Title, sentence and advice about one face of a photo."""
    if decision.identity is not None:
        return {"title": decision.identity, "sentence": f"With this limit, {strangers_named(choice)}.", "advice": []}
    title = "Unknown" if decision.outcome is Outcome.UNKNOWN else "Cannot tell"
    sentence = REASON_WORDS[decision.reason]
    return {"title": title, "sentence": sentence[0].upper() + sentence[1:] + ".", "advice": advice_about(decision)}


def advice_about(decision: Decision) -> list[str]:
    """What a person can do about a decision; empty for a match and for strangers."""
    if decision.outcome is not Outcome.UNDECIDED:
        return []
    if decision.reason is Reason.NO_FACE:
        return NO_FACE_ADVICE
    return [REASON_ADVICE[decision.reason]]
