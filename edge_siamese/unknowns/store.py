"""The folder of kept faces: grouped to people by the matcher, bounded in number and bytes, expiring.

Several programs may use one folder: every change and every listing holds its lock. Only the owner can read it.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..atomic import write_atomically
from ..errors import DataError
from ..faces import Embedding
from ..frames import RGB
from ..gallery.container.lock import PATIENCE_S, locked
from ..gallery.templates.representatives import mean_template
from ..matching import scores_q15
from .kept_face import KeptFace, png_of, read_face, stem_and_person

FACES_OF_A_PERSON = 5
"""Kept faces of one person; those of the best quality."""
MIN_BYTES = 100_000
_DAY_S = 86_400


@dataclass(frozen=True)
class KeepLimits:
    """What is kept at most.

    Attributes:
        days: days after which a face is deleted, above 0.
        faces: number of faces, at least 1.
        size: bytes of all files, at least `MIN_BYTES`.

    Raises:
        DataError: a value is too small.
    """

    days: float = 7.0
    faces: int = 200
    size: int = 10_000_000

    def __post_init__(self) -> None:
        if not self.days > 0:
            raise DataError(f"days to keep a face: expected more than 0, found {self.days:g}")
        if self.faces < 1:
            raise DataError(f"number of faces to keep: expected 1 or more, found {self.faces}")
        if self.size < MIN_BYTES:
            raise DataError(f"size of the kept faces: expected {MIN_BYTES:,} bytes or more, found {self.size:,}")


class UnknownFaces:
    """The kept faces of a folder.

    Args:
        folder: the folder; other files in it are not touched.
        clock: seconds since 1970.
        patience: seconds to wait for another program that uses the folder.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time, patience: float = PATIENCE_S) -> None:
        self.folder, self._clock, self._patience = folder, clock, patience
        self._read: dict[str, tuple[tuple[int, int], KeptFace]] = {}

    def create(self) -> None:
        """Make the folder if it is missing, readable by its owner only, and check that it can be used.

        Raises:
            DataError: it is not a folder, others may enter it, or it cannot be written.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            mode = self.folder.stat().st_mode & 0o777
        except OSError as error:
            raise DataError(
                f"{self.folder}: expected a folder for unknown faces ({error.strerror or error})", path=self.folder
            ) from error
        if mode & 0o077:
            raise DataError(
                f"{self.folder}: expected a folder that only its owner may enter, since faces are kept in it; found the "
                f"mode {mode:o} (chmod 700 {self.folder})",
                path=self.folder,
            )
        if not os.access(self.folder, os.W_OK | os.X_OK):
            raise DataError(f"{self.folder}: cannot be written (Permission denied)", path=self.folder)

    def people(self) -> dict[str, list[KeptFace]]:
        """The faces of each person, the best quality first; the person who was seen last comes first.

        Expired faces are deleted.

        Raises:
            DataError: the folder or a file cannot be read, or a file is damaged.
        """
        with self._locked():
            groups = _by_person(self._current())
        latest = sorted(groups, key=lambda name: -max(face.time for face in groups[name]))
        return {name: sorted(groups[name], key=lambda face: -face.quality) for name in latest}

    def expire(self) -> None:
        """Delete the expired faces; see `people` for the errors."""
        with self._locked():
            self._current()

    def add(
        self, embedding: Embedding, crop: RGB, *, quality: float, source: str, threshold_q15: int, limits: KeepLimits
    ) -> KeptFace | None:
        """Keep a face, as one of the person whose mean embedding it matches best, or as a new person.

        The oldest faces are deleted where the limits would be exceeded. Of a person with `FACES_OF_A_PERSON` faces the one
        of the lowest quality is deleted.

        Args:
            embedding: of the face.
            crop: its aligned crop, uint8 ``(112, 112, 3)``.
            quality: 0 to 100.
            source: where it was seen.
            threshold_q15: Q15 score from which it is the same person.
            limits: what is kept at most.

        Returns:
            The kept face; None if the person has enough better ones.

        Raises:
            DataError, OSError: the folder cannot be read or written.
        """
        now = self._clock()
        with self._locked():
            faces = self._current()
            groups = _by_person(faces)
            person = _nearest(groups, embedding, threshold_q15)
            own = groups.get(person or "", [])
            face = KeptFace(
                person or _new_name(groups),
                max((other.number for other in own), default=0) + 1,
                now,
                now + limits.days * _DAY_S,
                source,
                round(quality, 3),
                embedding.embedder,
                embedding.zero_point,
                embedding.values,
            )
            if len(own) >= FACES_OF_A_PERSON:
                worst = min(own, key=lambda other: other.quality)
                if worst.quality >= face.quality:
                    return None
                self._remove([worst])
                faces.remove(worst)
            files = {".png": png_of(crop), ".json": face.encode()}
            self._make_room(faces, sum(len(data) for data in files.values()), limits)
            self._write(face, files)
        return face

    def delete(self, names: Iterable[str]) -> int:
        """Delete all faces of people, damaged ones as well.

        Returns:
            Number of deleted faces.

        Raises:
            DataError: a name is unknown; nothing is deleted.
        """
        with self._locked():
            stems = self._stems()
            for name in (wanted := list(names)):
                if name not in stems.values():
                    raise DataError(f"{self.folder}: no unknown person is called {name!r}", path=self.folder)
            chosen = [stem for stem, person in stems.items() if person in wanted]
            self._unlink(chosen)
        return len(chosen)

    def faces_of(self, name: str) -> list[KeptFace]:
        """The faces of a person, the best quality first.

        Raises:
            DataError: nobody has this name; or see `people`.
        """
        faces = self.people().get(name)
        if faces is None:
            raise DataError(f"{self.folder}: no unknown person is called {name!r}", path=self.folder)
        return faces

    def names(self) -> list[str]:
        """Names of all people, also of damaged files."""
        with self._locked():
            return sorted(set(self._stems().values()))

    def discard(self, faces: Sequence[KeptFace]) -> None:
        """Delete faces; those that are deleted already are ignored."""
        with self._locked():
            self._remove(faces)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if not self.folder.is_dir():
            raise DataError(f"{self.folder}: expected a folder of unknown faces, found none", path=self.folder)
        with locked(self.folder / "unknown", patience=self._patience):
            yield

    def _stems(self) -> dict[str, str]:
        """Person of each stem, in the order of the names."""
        pairs = [pair for path in sorted(self.folder.iterdir()) if (pair := stem_and_person(path)) is not None]
        return dict(pairs)

    def _current(self) -> list[KeptFace]:
        """The faces that are not expired; deletes the others, and what a cut of power left."""
        stems = self._stems()
        whole = {stem for stem in stems if (self.folder / f"{stem}.json").exists()}
        self._unlink([stem for stem in stems if stem not in whole])
        now, faces = self._clock(), [self._face(stem) for stem in stems if stem in whole]
        self._remove([face for face in faces if face.expires <= now])
        return [face for face in faces if face.expires > now]

    def _face(self, stem: str) -> KeptFace:
        """A face, read again only if its file was replaced."""
        path = self.folder / f"{stem}.json"
        status = path.stat()
        version = (status.st_ino, status.st_mtime_ns)
        known = self._read.get(stem)
        face = known[1] if known is not None and known[0] == version else read_face(path)
        self._read[stem] = version, face
        return face

    def _make_room(self, faces: list[KeptFace], size: int, limits: KeepLimits) -> None:
        sizes = {face.stem: self._size(face) for face in faces}
        total = sum(sizes.values())
        for face in sorted(faces, key=lambda face: face.time):
            if len(sizes) < limits.faces and total + size <= limits.size:
                return
            self._remove([face])
            total -= sizes.pop(face.stem)

    def _size(self, face: KeptFace) -> int:
        paths = (self.folder / f"{face.stem}{suffix}" for suffix in (".png", ".json"))
        return sum(path.stat().st_size for path in paths if path.exists())

    def _write(self, face: KeptFace, files: dict[str, bytes]) -> None:
        """Write the crop, then the file that makes it a face."""
        for suffix, data in files.items():
            path = self.folder / f"{face.stem}{suffix}"
            with write_atomically(path) as stream:
                stream.write(data)
            path.chmod(0o600)

    def _remove(self, faces: Sequence[KeptFace]) -> None:
        self._unlink([face.stem for face in faces])

    def _unlink(self, stems: Iterable[str]) -> None:
        for stem in stems:
            for suffix in (".json", ".png"):
                (self.folder / f"{stem}{suffix}").unlink(missing_ok=True)
            self._read.pop(stem, None)


def _by_person(faces: Iterable[KeptFace]) -> dict[str, list[KeptFace]]:
    groups: dict[str, list[KeptFace]] = {}
    for face in faces:
        groups.setdefault(face.person, []).append(face)
    return groups


def _nearest(groups: dict[str, list[KeptFace]], embedding: Embedding, threshold_q15: int) -> str | None:
    """The person whose mean embedding of the same embedder has the best score, if it reaches the threshold."""
    means = {
        name: mean_template(np.stack([face.embedding for face in faces]), embedding.zero_point)
        for name, faces in groups.items()
        if all(face.embedder == embedding.embedder for face in faces)
    }
    if not means:
        return None
    scores = scores_q15(embedding.values[None], np.stack(list(means.values())), embedding.zero_point)[0]
    best = int(scores.argmax())
    return list(means)[best] if int(scores[best]) >= threshold_q15 else None


def _new_name(groups: dict[str, list[KeptFace]]) -> str:
    """A random name, so that a deleted person's name does not come to mean somebody else."""
    while (name := f"unknown-{secrets.token_hex(3)}") in groups:
        pass
    return name
