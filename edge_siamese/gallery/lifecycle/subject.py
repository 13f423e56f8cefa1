"""Export of everything that a gallery holds about one person."""

from typing import Any

from ...errors import GalleryError
from ...names import clean_name, did_you_mean
from ..gallery import Gallery


def export_person(gallery: Gallery, name: str) -> dict[str, Any]:
    """Everything about a person as JSON values.

    Args:
        gallery: the gallery.
        name: of the person.

    Returns:
        ``name``, ``uuid``, ``about`` (created, consent, retention and other fields), ``gallery`` (the metadata of all),
        ``embedder_digest``, ``zero_point``, ``sequence`` and ``templates``, a list of lists of integers.

    Raises:
        GalleryError: nobody has the name.
    """
    name = clean_name(name)
    if name not in gallery.names:
        raise GalleryError(
            f"{gallery.source}: nobody is called {name!r}{did_you_mean(name, gallery.names)}", path=gallery.source
        )
    return {
        "name": name,
        "uuid": str(gallery.identifiers[gallery.names.index(name)]),
        "about": gallery.metadata.get("people", {}).get(name, {}),
        "gallery": {key: value for key, value in gallery.metadata.items() if key != "people"},
        "embedder_digest": gallery.embedder_digest.hex(),
        "zero_point": gallery.zero_point,
        "sequence": gallery.sequence,
        "templates": gallery.templates_of(name).tolist(),
    }
