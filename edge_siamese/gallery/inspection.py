"""What is to be said about a gallery file: one verdict and one sentence for each finding."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import DamagedGalleryError, GalleryError, NewerGalleryError, NotAGalleryError, OtherEmbedderError
from .enrollment.look_alikes import LookAlikes, find_look_alikes, look_alike_threshold
from .gallery import Gallery
from .metadata import is_overdue, last_day

if TYPE_CHECKING:
    from ..tflite.model_card import ModelCard


class Verdict(StrEnum):
    """What was found. All but `OK`, `OVERDUE` and `LOOK_ALIKES` make a gallery unusable."""

    OK = "ok"
    UNREADABLE = "unreadable"
    NOT_A_GALLERY = "not_a_gallery"
    DAMAGED = "damaged"
    NEWER_VERSION = "newer_version"
    OTHER_EMBEDDER = "other_embedder"
    OVERDUE = "overdue"
    LOOK_ALIKES = "look_alikes"


_OF_ERRORS = {
    NotAGalleryError: Verdict.NOT_A_GALLERY,
    DamagedGalleryError: Verdict.DAMAGED,
    NewerGalleryError: Verdict.NEWER_VERSION,
    OtherEmbedderError: Verdict.OTHER_EMBEDDER,
}


@dataclass(frozen=True)
class Finding:
    """One thing to be said about a gallery.

    Attributes:
        verdict: what it is.
        sentence: for people; begins with the file.
    """

    verdict: Verdict
    sentence: str

    def to_json(self) -> dict[str, Any]:
        return {"verdict": str(self.verdict), "sentence": self.sentence}


@dataclass(frozen=True, eq=False)
class Inspection:
    """What was found in a gallery file.

    Attributes:
        gallery: the gallery; None when it cannot be used.
        findings: one of `Verdict.OK` when there is nothing to complain about.
        overdue: names of the people kept beyond their last day or the gallery's.
        look_alikes: pairs of people whom it may confuse.
        look_alikes_checked: whether there was an operating point to look for them with.
    """

    gallery: Gallery | None
    findings: list[Finding]
    overdue: list[str]
    look_alikes: list[LookAlikes]
    look_alikes_checked: bool = False


def inspect(path: Path, day: date, card: "ModelCard | None" = None) -> Inspection:
    """Check every byte of a gallery file, and what it says.

    Args:
        path: the file.
        day: today, for the retention.
        card: the embedder that has to have made it; its operating points serve to find look-alikes.
    """
    try:
        gallery = Gallery.open(path)
        if card is not None:
            gallery.require(card)
    except GalleryError as error:
        verdict = _OF_ERRORS.get(type(error), Verdict.UNREADABLE)
        return Inspection(None, [Finding(verdict, str(error))], [], [])
    card = card or _shipped_card(gallery)
    threshold = look_alike_threshold(gallery, card)
    pairs = [] if threshold is None else find_look_alikes(gallery, threshold)
    findings = [*_overdue_findings(gallery, day)]
    findings += [Finding(Verdict.LOOK_ALIKES, f"{path}: {pair.sentence}") for pair in pairs]
    if not findings:
        findings = [Finding(Verdict.OK, f"{path}: whole")]
    return Inspection(gallery, findings, list(gallery.overdue(day)), pairs, threshold is not None)


def _overdue_findings(gallery: Gallery, day: date) -> Iterator[Finding]:
    for name in (None, *gallery.names):
        if is_overdue(gallery.metadata, name, day):
            who = "the gallery" if name is None else f"'{name}'"
            sentence = f"{gallery.source}: {who} is kept beyond the last day, {last_day(gallery.metadata, name)}"
            yield Finding(Verdict.OVERDUE, f"{sentence}; nobody is named by it any more" if name is None else sentence)


def _shipped_card(gallery: Gallery) -> "ModelCard | None":
    """The card of the shipped embedder that made a gallery, or None."""
    from ..models import shipped_models
    from ..tflite.model_card import read_card

    cards = (read_card(path) for path in shipped_models())
    own = gallery.embedder_digest.hex()
    return next((card for card in cards if card.task == "embedder" and card.digest.startswith(own)), None)
