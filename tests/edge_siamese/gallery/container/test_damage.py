"""The one byte that changed in a gallery is found by what it did to the CRC."""

import numpy as np

from edge_siamese.gallery import Gallery
from edge_siamese.gallery.container.damage import changed_byte
from edge_siamese.gallery.container.layout import HEADER
from edge_siamese.gallery.container.writer import encode


def test_every_changed_byte_is_found(gallery: Gallery) -> None:
    data = encode(gallery)
    rng = np.random.default_rng(1)
    for offset in range(HEADER.size, len(data)):
        value = data[offset] ^ int(rng.integers(1, 256))
        found = changed_byte(data[:offset] + bytes([value]) + data[offset + 1 :])
        assert found is not None
        assert found[:3] == (offset, data[offset], value)


def test_the_section_of_the_byte_is_named(gallery: Gallery) -> None:
    data = bytearray(encode(gallery))
    offset = bytes(data).index(gallery.templates.tobytes())
    data[offset + 5] ^= 0x40
    found = changed_byte(bytes(data))
    assert found is not None
    assert found.section == "templates"


def test_other_damage_is_not_explained(gallery: Gallery) -> None:
    data = bytearray(encode(gallery))
    data[100] ^= 1
    data[200] ^= 1
    assert changed_byte(bytes(data)) is None
