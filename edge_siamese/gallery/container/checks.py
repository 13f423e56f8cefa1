"""Checks of the gallery reader: a failed one rejects the file with a verdict and a sentence."""

from dataclasses import dataclass
from typing import Any, NoReturn

from ...errors import DamagedGalleryError
from .layout import Record
from .verdicts import GalleryVerdict


@dataclass(frozen=True)
class Checks:
    """Checks of one gallery.

    Attributes:
        source: name of the gallery in messages.
    """

    source: str

    def expect(self, verdict: GalleryVerdict, what: str, expected: object, found: object) -> None:
        """Reject the gallery unless two values are equal.

        Raises:
            DamagedGalleryError: they differ.
        """
        if expected != found:
            self.reject(verdict, what, str(expected), str(found))

    def expect_zeros(self, verdict: GalleryVerdict, what: str, record: Record, values: dict[str, Any]) -> None:
        """Reject the gallery unless the reserved fields of unpacked `values` are zeros.

        Raises:
            DamagedGalleryError: they are not.
        """
        reserved = record.reserved_bytes(values)
        self.expect(verdict, f"reserved bytes of the {what}", bytes(len(reserved)).hex(), reserved.hex())

    def reject(self, verdict: GalleryVerdict, what: str, expected: str, found: str) -> NoReturn:
        """Reject the gallery as damaged.

        Raises:
            DamagedGalleryError: always.
        """
        raise DamagedGalleryError(
            f"{self.source}: a damaged gallery: {what}: expected {expected}, found {found}",
            verdict=verdict, path=self.source, expected=expected, found=found,
        )  # fmt: skip
