"""Messages of the event protocol as objects."""

import struct
from dataclasses import dataclass
from typing import Any

from edge_siamese.decision import Outcome, Reason
from edge_siamese.errors import DataError
from edge_siamese.gallery.container.verdicts import GalleryVerdict
from edge_siamese.matching import Q15

from ..frames import FORMATS
from .kinds import MessageKind, UpdateStatus

_OUTCOMES, _REASONS = tuple(Outcome), tuple(Reason)
_NO_SLOT = 0xFF
_FIELDS: dict[MessageKind, tuple[str, tuple[str, ...]]] = {
    MessageKind.HELLO: (
        "<16sHHHBIII", ("embedder", "dimension", "width", "height", "format", "arena", "slot_size", "page")
    ),
    MessageKind.SELF_TEST: ("<BB", ("detector", "embedder")),
    MessageKind.GALLERY: ("<BBBIIh", ("slot", "verdict_a", "verdict_b", "sequence", "people", "threshold")),
    MessageKind.FACE: (
        "<IBBBBBBBHhhhhiihhh",
        (
            "frame", "face", "turn", "outcome", "reason", "fused_outcome", "fused_reason", "compared", "confidence", "x", "y",
            "width", "height", "score", "margin", "threshold", "fused_score", "observations",
        ),
    ),
    MessageKind.FRAME: ("<IB", ("frame", "faces")),
    MessageKind.UPDATE: ("<BBI", ("status", "verdict", "at")),
    MessageKind.STACK: ("<II", ("used", "size")),
    MessageKind.REJECTED: ("<I", ("frames",)),
}  # fmt: skip
_ENUMS: dict[str, Any] = {
    "outcome": _OUTCOMES.__getitem__,
    "fused_outcome": _OUTCOMES.__getitem__,
    "reason": _REASONS.__getitem__,
    "fused_reason": _REASONS.__getitem__,
    "verdict": GalleryVerdict,
    "verdict_a": GalleryVerdict,
    "verdict_b": GalleryVerdict,
    "status": UpdateStatus,
    "format": FORMATS.__getitem__,
}


@dataclass(frozen=True)
class Message:
    """One message.

    Attributes:
        kind: what it is about.
        number: 16-bit number that its sender counts up.
        fields: by name; see `docs/firmware.md`.
        rest: what follows the fields: of a `FACE` message two names with a zero byte between.
    """

    kind: MessageKind
    number: int
    fields: dict[str, Any]
    rest: bytes = b""

    @property
    def name(self) -> str | None:
        """The person that the decision of a `FACE` message names."""
        return self._names()[0]

    @property
    def fused_name(self) -> str | None:
        """The person that its decision over the last looks names."""
        return self._names()[1]

    def to_json(self) -> dict[str, Any]:
        """The message as a JSON object, with scores as floats."""
        fields = {name: _plain(name, value) for name, value in self.fields.items()}
        names = {"identity": self.name, "fused_identity": self.fused_name} if self.kind is MessageKind.FACE else {}
        return {"message": self.kind.name.lower(), "number": self.number, **fields, **names}

    def _names(self) -> list[str | None]:
        first, _, second = self.rest.partition(b"\0")
        return [name.decode("utf-8", "replace") or None for name in (first, second)]


def parse_message(kind: int, number: int, payload: bytes) -> Message:
    """Read the payload of a message from a board.

    Raises:
        DataError: an unknown kind, a payload that is too short, or a number without a meaning.
    """
    if kind not in MessageKind._value2member_map_ or MessageKind(kind) not in _FIELDS:
        raise DataError(f"the board sent a message of the unknown kind {kind}")
    layout, names = _FIELDS[MessageKind(kind)]
    size = struct.calcsize(layout)
    if len(payload) < size:
        raise DataError(f"a message {MessageKind(kind).name} has {len(payload)} bytes, expected at least {size}")
    values = dict(zip(names, struct.unpack_from(layout, payload), strict=True))
    try:
        fields = {name: _ENUMS[name](value) if name in _ENUMS else value for name, value in values.items()}
    except (IndexError, ValueError) as error:
        raise DataError(f"a message {MessageKind(kind).name} has a number without a meaning ({error})") from error
    return Message(MessageKind(kind), number, fields, payload[size:])


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, GalleryVerdict | UpdateStatus):
        return value.name.lower()
    if name == "slot":
        return None if value == _NO_SLOT else "ab"[value]
    if name in {"score", "margin", "threshold", "fused_score"}:
        return round(value / Q15, 5)
    return str(value) if isinstance(value, Outcome | Reason) else value
