"""Inspection of a gallery file: findings with a verdict and a sentence each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import GalleryError
from .container.damage import changed_byte
from .container.verdicts import GalleryVerdict, VerdictKind
from .enrollment.look_alikes import LookAlikes, find_look_alikes, look_alike_threshold
from .gallery import Gallery
from .metadata import is_overdue, last_day
from .trust.opening import read_trusted

if TYPE_CHECKING:
    from ..tflite.model_card import ModelCard


@dataclass(frozen=True)
class GalleryFinding:
    """One finding about a gallery.

    Attributes:
        verdict: kind of the finding.
        sentence: description for the user; begins with the file.
        code: verdict of the reader that rejected the file; None without.
    """

    verdict: VerdictKind
    sentence: str
    code: GalleryVerdict | None = None

    def to_json(self) -> dict[str, Any]:
        code = None if self.code is None else self.code.name
        return {"verdict": str(self.verdict), "code": code, "sentence": self.sentence}


@dataclass(frozen=True, eq=False)
class Inspection:
    """Result of inspecting a gallery file.

    Attributes:
        gallery: the gallery; None if it cannot be used.
        findings: the findings; a single `VerdictKind.OK` without problems.
        overdue: names of the people past their retention date or the gallery's.
        look_alikes: pairs of people that the gallery may confuse.
        look_alikes_checked: whether look-alikes were checked, which needs an operating point.
    """

    gallery: Gallery | None
    findings: list[GalleryFinding]
    overdue: list[str]
    look_alikes: list[LookAlikes]
    look_alikes_checked: bool = False


def inspect(path: Path, day: date, card: "ModelCard | None" = None) -> Inspection:
    """Check every byte of a gallery file, its retention dates and look-alikes.

    Args:
        path: the file.
        day: today's date, for the retention.
        card: the expected embedder; its operating points are used to find look-alikes.
    """
    try:
        gallery = Gallery.of(read_trusted(path, day=day))
        if card is not None:
            gallery.require(card)
    except GalleryError as error:
        return Inspection(None, [_finding_of(path, error)], [], [])
    card = card or shipped_card(gallery)
    threshold = look_alike_threshold(gallery, card)
    pairs = [] if threshold is None else find_look_alikes(gallery, threshold)
    findings = [*_overdue_findings(gallery, day)]
    findings += [GalleryFinding(VerdictKind.LOOK_ALIKES, f"{path}: {pair.sentence}") for pair in pairs]
    if not findings:
        findings = [GalleryFinding(VerdictKind.OK, f"{path}: whole")]
    return Inspection(gallery, findings, list(gallery.overdue(day)), pairs, threshold is not None)


def _finding_of(path: Path, error: GalleryError) -> GalleryFinding:
    """The error of the reader; the changed byte is named where it can be found."""
    if error.verdict is None:
        return GalleryFinding(VerdictKind.UNREADABLE, str(error))
    sentence, code = str(error), error.verdict
    byte = changed_byte(path.read_bytes()) if code is GalleryVerdict.PAYLOAD_CRC else None
    if byte is not None:
        sentence = (
            f"{path}: a damaged gallery: one byte of the section {byte.section} changed, at offset {byte.offset}: "
            f"expected {byte.expected:#04x}, found {byte.found:#04x}"
        )
    return GalleryFinding(code.kind, sentence, code)


def _overdue_findings(gallery: Gallery, day: date) -> Iterator[GalleryFinding]:
    for name in gallery.names:
        if is_overdue(gallery.metadata, name, day):
            sentence = f"{gallery.source}: '{name}' is kept beyond the last day, {last_day(gallery.metadata, name)}"
            yield GalleryFinding(VerdictKind.OVERDUE, sentence)


def shipped_card(gallery: Gallery) -> "ModelCard | None":
    """The card of the shipped embedder that made a gallery, or None."""
    from ..models import shipped_models
    from ..tflite.model_card import read_card

    cards = (read_card(path) for path in shipped_models())
    own = gallery.embedder_digest.hex()
    return next((card for card in cards if card.task == "embedder" and card.digest.startswith(own)), None)
