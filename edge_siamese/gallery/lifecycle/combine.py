"""Merging and splitting of galleries of one embedder."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import GalleryError, OtherEmbedderError
from ...names import clean_name, did_you_mean, similar_name
from ..container.verdicts import GalleryVerdict
from ..gallery import Gallery

Templates = npt.NDArray[np.int8]


def merge(galleries: Sequence[Gallery], *, together: bool = False) -> Gallery:
    """One gallery with the people of several. The operating points are dropped; if the first gallery has templates of
    4 bits, all get 4 bits.

    Args:
        galleries: at least one; the metadata of the first is kept, and the sequence number is the highest.
        together: put templates of one name from different galleries together; by default they must be equal.

    Raises:
        OtherEmbedderError: they were made with different embedders.
        GalleryError: a name has different templates or UUIDs, or two names look the same.
    """
    first = galleries[0]
    people: dict[str, Templates] = {}
    about: dict[str, Any] = {}
    for other in galleries:
        _require_same_embedder(first, other)
        gallery = other.with_four_bits() if first.bits == 4 else other
        for name in gallery.names:
            _require_mergeable(name, gallery, people, together=together)
            rows = gallery.templates_of(name)
            people[name] = _with_new_rows(people.get(name, rows[:0]), rows)
            about |= {name: known[name]} if name in (known := gallery.metadata.get("people", {})) else {}
    identifiers = {name: uuid for each in galleries for name, uuid in zip(each.names, each.identifiers, strict=True)}
    merged = _with_people(first, people, about)
    return replace(
        merged,
        identifiers=tuple(identifiers[name] for name in merged.names),
        sequence=max(gallery.sequence for gallery in galleries),
        encrypted=any(gallery.encrypted for gallery in galleries),
    )


def split(gallery: Gallery, names: Sequence[str]) -> Gallery:
    """A gallery with some of the people; UUIDs, metadata and sequence number are kept.

    Raises:
        GalleryError: nobody has one of the names.
    """
    wanted = [clean_name(name) for name in names]
    for name in wanted:
        if name not in gallery.names:
            raise GalleryError(
                f"{gallery.source}: nobody is called {name!r}{did_you_mean(name, gallery.names)}", path=gallery.source
            )
    about = {name: entry for name, entry in gallery.metadata.get("people", {}).items() if name in wanted}
    identifiers = dict(zip(gallery.names, gallery.identifiers, strict=True))
    part = _with_people(gallery, {name: gallery.templates_of(name) for name in wanted}, about)
    return replace(part, identifiers=tuple(identifiers[name] for name in part.names))


def _with_new_rows(templates: Templates, rows: Templates) -> Templates:
    """The templates, and behind them the rows that are not among them."""
    known = {row.tobytes() for row in templates}
    return np.concatenate([templates, rows[[row.tobytes() not in known for row in rows]]])


def _require_same_embedder(first: Gallery, other: Gallery) -> None:
    ours, theirs = ((each.embedder_digest.hex(), each.dimension, each.zero_point) for each in (first, other))
    if ours != theirs:
        raise OtherEmbedderError(
            f"{other.source}: made with the embedder {theirs[0]}, {first.source} with {ours[0]}; they cannot be merged",
            verdict=GalleryVerdict.OTHER_EMBEDDER, path=other.source, expected=ours[0], found=theirs[0],
        )  # fmt: skip


def _require_mergeable(name: str, gallery: Gallery, people: Mapping[str, Templates], *, together: bool) -> None:
    alike = similar_name(name, people)
    if alike is not None:
        raise GalleryError(f"{gallery.source}: {name!r} looks like {alike!r} of another gallery", path=gallery.source)
    if name in people and not together and not np.array_equal(people[name], gallery.templates_of(name)):
        raise GalleryError(
            f"{gallery.source}: {name!r} has other templates in another gallery; if it is the same person, put them "
            "together with --together",
            path=gallery.source,
        )


def _with_people(gallery: Gallery, people: Mapping[str, Templates], about: Mapping[str, Any]) -> Gallery:
    """A gallery with exactly these people, sorted by name."""
    names = tuple(sorted(people))
    metadata = {key: value for key, value in gallery.metadata.items() if key != "people"}
    return replace(
        gallery,
        names=names,
        identifiers=(),
        templates=np.concatenate([gallery.templates[:0], *(people[name] for name in names)]),
        identity_index=np.repeat(np.arange(len(names), dtype=np.uint32), [len(people[name]) for name in names]),
        operating_points=(),
        metadata=metadata | ({"people": dict(about)} if about else {}),
        revision=None,
    )
