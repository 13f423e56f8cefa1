"""Choice of the operating point for identification with a gallery, with a warning when it is too weak."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..operating_point import OperatingPoint
from ..protocols import FaceAnalyzer
from .gallery import Gallery

if TYPE_CHECKING:
    from ..tflite.model_card import ModelCard


@dataclass(frozen=True)
class OperatingPointChoice:
    """Operating point used to identify with a gallery, and whether it is strict enough for the target FPIR.

    Attributes:
        point: the operating point.
        origin: ``gallery`` or ``model``: where the operating point was measured.
        target_fpir: accepted false positive identification rate, 0 to 1.
        required_fmr: false match rate of one comparison that the target FPIR requires, 0 to 1.
        people: number of people in the gallery.
        comparisons: number of comparisons of one stranger that can be false matches.
        attempts: number of attempts of one stranger over which the target FPIR holds.
    """

    point: OperatingPoint
    origin: str
    target_fpir: float
    required_fmr: float
    people: int
    comparisons: int = 1
    attempts: int = 1

    @classmethod
    def for_gallery(
        cls, gallery: Gallery, engine: FaceAnalyzer, target_fpir: float, attempts: int = 1
    ) -> "OperatingPointChoice":
        """Choose the operating point for a gallery and the embedder of an engine; see `for_card`."""
        return cls.for_card(gallery, engine.embedder_card, target_fpir, attempts)

    @classmethod
    def for_card(
        cls, gallery: Gallery, card: "ModelCard", target_fpir: float, attempts: int = 1
    ) -> "OperatingPointChoice":
        """Choose the operating point for a gallery and an embedder; see `Gallery.operating_point`.

        Raises:
            OperatingPointError: neither the gallery nor the model has an operating point.
        """
        point = gallery.operating_point(card, target_fpir, attempts)
        origin = "gallery" if gallery.operating_points else "model"
        required = gallery.required_fmr(target_fpir, attempts)
        return cls(point, origin, target_fpir, required, len(gallery.names), gallery.comparisons, attempts)

    @property
    def sufficient(self) -> bool:
        """Whether the operating point is as strict as the target FPIR requires."""
        return self.point.is_strict_enough(self.required_fmr)

    @property
    def derivation(self) -> str:
        """One sentence: how the threshold follows from the target FPIR, the gallery and the number of attempts."""
        several = f" x {self.attempts} attempts" if self.attempts > 1 else ""
        kind = "people" if self.origin == "gallery" else "comparisons"
        point = self.point
        return (
            f"an FPIR of {self.target_fpir:g} / ({self.comparisons} {kind}{several}) requires an FMR of {self.required_fmr:.2g} "
            f"for one comparison; the {self.origin}'s operating point for {point.target_fmr:.2g} has the threshold "
            f"{point.threshold:.3f}, which misses {point.fnmr:.0%} of single photos of enrolled people"
        )

    def sentences(self) -> list[str]:
        """Sentences for users: the operating point, and a warning if it is weaker than required."""
        used = (
            f"operating point of the {self.origin}: FMR {self.point.target_fmr:g} for one comparison, threshold "
            f"{self.point.threshold:.4f}"
        )
        if self.sufficient:
            return [used]
        reached = min(self.point.target_fmr * self.target_fpir / self.required_fmr, 1.0)
        weaker = (
            f"this operating point is too weak: an FPIR of {self.target_fpir:g} with {self.people} people requires an FMR of "
            f"{self.required_fmr:.2g}; the FPIR can be up to {reached:.2g}; 'edge-siamese gallery calibrate' can find a "
            "stricter operating point"
        )
        return [used, weaker]

    def to_json(self) -> dict[str, Any]:
        """Operating point, origin, target FPIR and required FMR as a JSON object."""
        target = {
            "of": self.origin,
            "target_fpir": self.target_fpir,
            "attempts": self.attempts,
            "comparisons": self.comparisons,
            "required_fmr": self.required_fmr,
        }
        return self.point.to_json() | target | {"sufficient": self.sufficient}
