"""Images of a gallery, with UF2 for boards that take it."""

from dataclasses import replace

from ..boards import Board
from ..gallery_image.images import Images, make_images
from .formats import uf2


def gallery_images(gallery: bytes, board: Board, slot_name: str) -> Images:
    """All images of a gallery file for a slot; see `make_images` for the errors."""
    images = make_images(gallery, board, slot_name)
    family = board.firmware.uf2 if board.firmware else None
    if family is None:
        return images
    data = uf2(images.files["gallery.bin"], images.slot.address, family)
    return replace(images, files={**images.files, "gallery.uf2": data})
