"""Reads uploaded photos from ``multipart/form-data`` request bodies (RFC 7578)."""

import email.parser
import re
from dataclasses import dataclass
from email.message import Message

from .errors import RejectedError

MAX_BYTES = 16_000_000
"""Maximum size of one photo in bytes; phone cameras write smaller files."""
MAX_PARTS = 4


@dataclass(frozen=True)
class Upload:
    """One file of a form.

    Attributes:
        field: name of the form's field.
        name: file name in messages, without folders and control characters.
        data: content of the file.
    """

    field: str
    name: str
    data: bytes


def read_form(content_type: str, body: bytes) -> dict[str, Upload]:
    """Read the files of a form, by field.

    Raises:
        RejectedError: not a form (415), cut short or damaged (400), or too many or too large parts (413).
    """
    head = Message()
    head["content-type"] = content_type
    boundary = head.get_boundary()
    if head.get_content_type() != "multipart/form-data" or not boundary:
        raise RejectedError(
            415, f"a form: expected multipart/form-data with a boundary, found {content_type or 'nothing'!r}"
        )
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("latin-1", "replace"), MAX_PARTS + 2)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        if len(pieces) > MAX_PARTS:
            raise RejectedError(413, f"a form: expected at most {MAX_PARTS} parts, found more")
        raise RejectedError(400, "a form: expected a closing boundary, found none: it is cut short")
    uploads = [_upload(piece) for piece in pieces[1:-1]]
    return {upload.field: upload for upload in uploads}


def _upload(piece: bytes) -> Upload:
    head, separator, data = piece.partition(b"\r\n\r\n")
    if not separator:
        raise RejectedError(400, "a form: expected a part with a head and a body, found no empty line in it")
    fields = email.parser.HeaderParser().parsestr(head.decode("utf-8", "replace").lstrip())
    field = fields.get_param("name", header="content-disposition")
    if not isinstance(field, str):
        raise RejectedError(400, "a form: expected a part with a name, found none")
    name = clean_file_name(fields.get_filename() or "") or f"the {field} photo"
    if len(data) > MAX_BYTES:
        raise RejectedError(
            413, f"{name}: expected at most {MAX_BYTES / 1e6:.0f} MB, found {len(data) / 1e6:.1f} MB", field
        )
    return Upload(field, name, data)


def clean_file_name(name: str) -> str:
    """The last part of a path, reduced to printable characters and at most 80 of them."""
    last = re.split(r"[\\/]", name)[-1]
    return "".join(character for character in last if character.isprintable()).strip()[:80]
