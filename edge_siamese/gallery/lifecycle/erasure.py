"""Erasure of a person from galleries, with a proof that nothing of them is left in the files."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...atomic import write_atomically
from ...errors import GalleryError
from ...names import clean_name, did_you_mean
from ..container.content import GalleryContent
from ..container.lock import locked
from ..container.reader import map_file
from ..container.writer import encode, template_bytes, update
from ..gallery import Gallery
from ..trust.audit import audited, change_fields
from ..trust.opening import read_trusted
from ..trust.policy import TrustPolicy
from ..trust.slots import LOCK_NAME, SLOT_NAMES, is_slot_folder, read_slots, read_state, write_state

_SHORTEST_TRACE = 8
"""Bytes below which a name or template is not searched in the file: it could be there by chance."""


@dataclass(frozen=True)
class ErasedFile:
    """Proof about one file.

    Attributes:
        path: of the file; it does not exist any more if `sha256` is None.
        sha256: of the file after the erasure, hex.
        sequence: its sequence number.
        people: how many are left.
    """

    path: Path
    sha256: str | None
    sequence: int | None
    people: int | None

    def to_json(self) -> dict[str, Any]:
        return {"path": str(self.path), "sha256": self.sha256, "sequence": self.sequence, "people": self.people}


@dataclass(frozen=True)
class Erasure:
    """Proof of an erasure.

    Attributes:
        name: of the person.
        searched: number of byte strings that were searched in every file: UUIDs, name and templates.
        files: every file that held the person, as it is now.
        without: paths of the galleries that did not hold the person.
    """

    name: str
    searched: int
    files: tuple[ErasedFile, ...]
    without: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        files = [file.to_json() for file in self.files]
        return {"name": self.name, "searched": self.searched, "found": 0, "files": files, "without": list(self.without)}


def erase(name: str, paths: Sequence[Path]) -> Erasure:
    """Erase a person from gallery files and folders of slots.

    A file is written again without the person. Of a folder the slot that is not in use is written, and the other one
    deleted, so that there is no rollback to the person. Then the bytes of every file are searched for the name, the UUID
    and the templates.

    Args:
        name: of the person.
        paths: galleries and folders of `delivery.install`.

    Raises:
        GalleryError: no gallery has the person, a gallery cannot be used, or something of the person is left.
        OSError: a file cannot be written.
    """
    name = clean_name(name)
    opened = {path: _contents(path) for path in paths}
    holding = {path: [each for each in contents if name in each.names] for path, contents in opened.items()}
    if not any(holding.values()):
        known = sorted({each for contents in opened.values() for content in contents for each in content.names})
        where = ", ".join(map(str, paths))
        raise GalleryError(f"{where}: nobody is called {name!r}{did_you_mean(name, known)}; nothing is erased")
    traces = sorted({trace for contents in holding.values() for each in contents for trace in _traces(each, name)})
    files: list[Path] = []
    for path in (path for path, contents in holding.items() if contents):
        if is_slot_folder(path):
            _erase_from_slots(path, name)
            files += [path / slot for slot in SLOT_NAMES]
        else:
            update(path, lambda there: Gallery.of(_present(there)).without(name))
            files.append(path)
    proofs = tuple(_proof(file, name, traces) for file in files)
    return Erasure(name, len(traces), proofs, tuple(str(path) for path, contents in holding.items() if not contents))


def _contents(path: Path) -> list[GalleryContent]:
    """The gallery of a file, or those of both slots of a folder."""
    in_use = read_trusted(path)
    if not is_slot_folder(path):
        return [in_use]
    slots = read_slots(path, TrustPolicy.current().requirements())
    return [slot.content for slot in slots if slot.content is not None]


def _present(content: GalleryContent | None) -> GalleryContent:
    if content is None:
        raise GalleryError("the gallery was deleted by another program; nothing is erased")
    return content


def _traces(content: GalleryContent, name: str) -> list[bytes]:
    """Byte strings that only this person puts into a file: the UUID, a long name, and templates that nobody else has."""
    index = content.names.index(name)
    theirs = content.identity_index == index
    others = {template_bytes(content, row[None]) for row in content.templates[~theirs]}
    templates = {template_bytes(content, row[None]) for row in content.templates[theirs]} - others
    encoded = name.encode()
    alone = not any(name in other for other in content.names if other != name)
    texts = [encoded] if alone and len(encoded) >= _SHORTEST_TRACE else []
    return [content.identifiers[index].bytes, *texts, *(each for each in templates if len(each) >= _SHORTEST_TRACE)]


def _erase_from_slots(folder: Path, name: str) -> None:
    """Write the spare slot without the person unless that is done, and delete the other one."""
    policy = TrustPolicy.current()
    with locked(folder / LOCK_NAME):
        used, spare = read_slots(folder, policy.requirements())
        content = _present(used.content)
        target, old, after = used, spare, content
        if name in content.names:
            after = replace(Gallery.of(content).without(name), sequence=content.sequence + 1)
            target, old = spare, used
        with audited(policy.audit_log, "erase", **change_fields(folder, content, after)):
            if after is not content:
                with write_atomically(target.path) as stream:
                    stream.write(policy.sealed(encode(after), encrypt=content.encrypted, name=folder))
            with suppress(FileNotFoundError):
                old.path.unlink()
            write_state(folder, replace(read_state(folder), min_sequence=after.sequence))


def _proof(path: Path, name: str, traces: Sequence[bytes]) -> ErasedFile:
    if not path.exists():
        return ErasedFile(path, None, None, None)
    data = map_file(path)
    found = [trace for trace in traces if data.find(trace) >= 0]
    if found:
        raise GalleryError(f"{path}: {len(found)} of {len(traces)} traces of the person are left", path=path)
    gallery = read_trusted(path)
    if name in gallery.names or name in gallery.metadata.get("people", {}):
        raise GalleryError(f"{path}: {name!r} is still in it", path=path)
    return ErasedFile(path, hashlib.sha256(data).hexdigest(), gallery.sequence, len(gallery.names))
