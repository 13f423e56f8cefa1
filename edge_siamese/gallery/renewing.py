"""Renewed galleries: all templates of a gallery transformed with a key, or from one key to another."""

from dataclasses import replace

from ..errors import GalleryError
from ..renewal import ZERO_POINT, RenewalKey
from ..tflite.model_card import ModelCard
from .container.packing import reduced
from .gallery import Gallery

_DIGEST_BYTES = 16


def renew(gallery: Gallery, card: ModelCard, new: RenewalKey, old: RenewalKey | None = None) -> Gallery:
    """Transform a gallery's templates.

    Args:
        gallery: plain, or transformed with `old`.
        card: the plain embedder.
        new: the key of the result.
        old: the key of `gallery`; None if it is plain.

    Returns:
        The gallery of the embedder with the new key. Its operating points stay, since scores do; not with templates of
        4 bits, which are rounded again.

    Raises:
        OtherEmbedderError: the gallery is of another embedder or another key.
        GalleryError: both keys are the same.
        DataError: the dimension is not a power of 4.
    """
    if new == old:
        raise GalleryError(f"{gallery.source}: the new key is the old one", path=gallery.source)
    gallery.require(card if old is None else old.card(card))
    if old is None:
        templates = new.transform(gallery.templates, gallery.zero_point)
    else:
        templates = new.rotate(gallery.templates, old)
    digest = bytes.fromhex(new.digest(card.digest))[:_DIGEST_BYTES]
    if gallery.bits == 4:
        templates, gallery = reduced(templates, ZERO_POINT), replace(gallery, operating_points=())
    return replace(gallery, templates=templates, zero_point=ZERO_POINT, embedder_digest=digest, revision=None)
