"""Reads uploaded photos from ``multipart/form-data`` request bodies, in memory."""

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from .errors import RejectedError

MAX_BYTES = 16_000_000
"""Maximum size of one photo in bytes; phone cameras write smaller files."""
MAX_PHOTOS = 12
"""Maximum number of photos of one enrollment."""
MAX_BODY = 3 * MAX_BYTES
"""Maximum size of one request in bytes."""
_MAX_FIELDS = 8


class _InMemoryParser(MultiPartParser):
    """Keeps files in memory, so that no photo is written to the disk, and rejects a form without its end."""

    spool_max_size = MAX_BODY

    def __init__(self, request: Request) -> None:
        stream = self._until_end(request)
        super().__init__(request.headers, stream, max_files=MAX_PHOTOS, max_fields=_MAX_FIELDS)
        self._ended = False

    def on_end(self) -> None:
        self._ended = True

    async def _until_end(self, request: Request) -> AsyncGenerator[bytes, None]:
        async for chunk in request.stream():
            yield chunk
        if not self._ended:
            raise MultiPartException("expected a closing boundary, found none: it is cut short")


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


@dataclass(frozen=True)
class UploadForm:
    """A form with photos.

    Attributes:
        photos: the files, in the order of the form.
        fields: the other fields, by name; the last of several with one name.
    """

    photos: list[Upload]
    fields: dict[str, str]

    def only(self, *fields: str) -> list[Upload]:
        """The photos of these fields, one each.

        Raises:
            RejectedError: a photo is missing (400).
        """
        by_field = {photo.field: photo for photo in self.photos}
        for field in fields:
            if field not in by_field:
                found = ", ".join(by_field) or "none"
                raise RejectedError(400, f"a form: expected photos as {' and '.join(fields)}, found {found}", field)
        return [by_field[field] for field in fields]


async def read_form(request: Request) -> UploadForm:
    """Read a form.

    Raises:
        RejectedError: not a form (415), cut short or damaged (400), or too many or too large parts (413).
    """
    content_type = request.headers.get("Content-Type", "")
    if not content_type.lower().startswith("multipart/form-data") or "boundary=" not in content_type:
        raise RejectedError(
            415, f"a form: expected multipart/form-data with a boundary, found {content_type or 'nothing'!r}"
        )
    try:
        form = await _InMemoryParser(request).parse()
    except MultiPartException as error:
        status = 413 if error.message.startswith("Too many") else 400
        raise RejectedError(status, f"a form: {error.message[:1].lower()}{error.message[1:].rstrip('.')}") from error
    try:
        return await _collected(form)
    finally:
        await form.close()


async def _collected(form: FormData) -> UploadForm:
    photos: list[Upload] = []
    fields: dict[str, str] = {}
    for field, value in form.multi_items():
        if isinstance(value, UploadFile):
            photos.append(_checked(field, value.filename or "", await value.read()))
        else:
            fields[field] = value
    return UploadForm(photos, fields)


def _checked(field: str, file_name: str, data: bytes) -> Upload:
    name = clean_file_name(file_name) or f"the {field} photo"
    if len(data) > MAX_BYTES:
        raise RejectedError(
            413, f"{name}: expected at most {MAX_BYTES / 1e6:.0f} MB, found {len(data) / 1e6:.1f} MB", field
        )
    return Upload(field, name, data)


def clean_file_name(name: str) -> str:
    """The last part of a path, reduced to printable characters and at most 80 of them."""
    last = re.split(r"[\\/]", name)[-1]
    return "".join(character for character in last if character.isprintable()).strip()[:80]


def form_body(*photos: str, many: str | None = None, **fields: str) -> dict[str, Any]:
    """OpenAPI description of a form, for ``openapi_extra``.

    Args:
        photos: required file fields.
        many: name of a required field with one or more files.
        fields: descriptions of the text fields, by name.
    """
    file = {"type": "string", "format": "binary"}
    properties: dict[str, Any] = dict.fromkeys(photos, file)
    if many:
        properties[many] = {"type": "array", "items": file}
    properties |= {name: {"type": "string", "description": description} for name, description in fields.items()}
    required = [*photos, *([many] if many else []), *(["name"] if "name" in fields else [])]
    schema = {"type": "object", "required": required, "properties": properties}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}
