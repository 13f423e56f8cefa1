"""Images of a gallery, with UF2 for boards that take it, and ELF if asked for."""

from dataclasses import replace

from ..boards import Board
from ..gallery_image.images import Images, make_images
from .formats import uf2
from .gallery_elf import gallery_elf


def gallery_images(gallery: bytes, board: Board, slot_name: str, *, elf: bool = False) -> Images:
    """All images of a gallery file for a slot; see `make_images` for the errors, and with `elf` `gallery_elf`."""
    images = make_images(gallery, board, slot_name)
    more = {}
    if board.firmware and board.firmware.uf2 is not None:
        more["gallery.uf2"] = uf2(images.files["gallery.bin"], images.slot.address, board.firmware.uf2)
    if elf:
        more["gallery.elf"] = gallery_elf(images.files["gallery.bin"], board, images.slot)
    return replace(images, files={**images.files, **more})
