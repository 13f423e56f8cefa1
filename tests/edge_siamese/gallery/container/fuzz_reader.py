"""Coverage-guided fuzzing of the gallery reader by hand: pip install atheris; python fuzz_reader.py -runs=100000 CORPUS.

The first byte of an input says whether the CRCs are mended, so that mutations reach what is behind them. Anything but a
`GalleryError` with a verdict is a crash.
"""

import struct
import sys
import zlib

import atheris

with atheris.instrument_imports(include=["edge_siamese.gallery.container", "edge_siamese.names"]):
    from edge_siamese.errors import GalleryError
    from edge_siamese.gallery.container.reader import parse


def read(data: bytes) -> None:
    if data[:1] == b"\1" and len(data) > 64:
        body = bytearray(data[1:])
        (length,) = struct.unpack_from("<I", body, 40)
        struct.pack_into("<I", body, 44, zlib.crc32(bytes(body[64 : 64 + length])))
        struct.pack_into("<I", body, 60, zlib.crc32(bytes(body[:60])))
        data = b"\1" + bytes(body)
    try:
        parse(data[1:], "fuzzed")
    except GalleryError as error:
        if error.verdict is None:
            raise ValueError("an error without a verdict") from error


if __name__ == "__main__":
    atheris.Setup(sys.argv, read)
    atheris.Fuzz()
