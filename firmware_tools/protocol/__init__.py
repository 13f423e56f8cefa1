"""The event protocol of a firmware over a serial line: framing, messages and the update of a gallery."""

from .framing import FrameReader, encode_frame
from .kinds import MessageKind, UpdateStatus
from .messages import Message

__all__ = ["FrameReader", "Message", "MessageKind", "UpdateStatus", "encode_frame"]
