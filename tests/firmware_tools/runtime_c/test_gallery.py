"""The C reader accepts what the Python reader accepts, and says what is wrong with the rest."""

import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_siamese.errors import GalleryError
from edge_siamese.gallery.container.reader import parse
from edge_siamese.gallery.container.verdicts import ONLY_PYTHON, GalleryVerdict

from .galleries import DIGEST, gallery_bytes, one_wrong, with_crcs
from .mutations import mutated
from .twin import SANITIZERS, Twin, compile_runtime

DATA = gallery_bytes()
INT4 = gallery_bytes(bits=4)
WRONG = one_wrong(DATA) | {f"int4: {fault}": case for fault, case in one_wrong(INT4).items()}


def _python_verdict(data: bytes) -> GalleryVerdict:
    try:
        parse(data, "it")
    except GalleryError as error:
        verdict = error.verdict
    else:
        verdict = GalleryVerdict.OK
    assert verdict is not None
    return verdict


def _agree(found: GalleryVerdict, data: bytes) -> None:
    """The verdicts are equal; C says OK about what only Python checks."""
    expected = _python_verdict(data)
    assert found is (GalleryVerdict.OK if expected in ONLY_PYTHON else expected)


@pytest.mark.parametrize("fault", WRONG)
def test_each_fault_has_its_verdict(twin: Twin, fault: str) -> None:
    verdict, data = WRONG[fault]
    assert twin.open(data, DIGEST, 8, -3).name == verdict
    assert _python_verdict(data).name == verdict


def test_every_verdict_is_tested() -> None:
    tested = {verdict for verdict, _ in WRONG.values()} | {"OK", "OTHER_EMBEDDER"}
    of_trust = {"UNSIGNED", "UNKNOWN_KEY", "REVOKED_KEY", "SIGNATURE", "STALE", "EXPIRED"}  # test_trust.py
    assert tested | of_trust | {verdict.name for verdict in ONLY_PYTHON} == set(GalleryVerdict.__members__)


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("people", [0, 1, 3, 40])
def test_a_whole_gallery_is_accepted(twin: Twin, people: int, bits: int) -> None:
    data = gallery_bytes(people=people, bits=bits)
    for image in (data, data + b"\xff" * 48, data + b"\xff" * 3):
        assert twin.open(image, DIGEST, 8, -3) is GalleryVerdict.OK
        assert [twin.name(person) for person in range(people)] == [f"Zoë {person:03}" for person in range(people)]


@pytest.mark.parametrize(("digest", "dimension", "zero_point"), [(bytes(16), 8, -3), (DIGEST, 9, -3), (DIGEST, 8, 3)])
def test_a_gallery_of_another_embedder_is_rejected(twin: Twin, digest: bytes, dimension: int, zero_point: int) -> None:
    assert twin.open(DATA, digest, dimension, zero_point) is GalleryVerdict.OTHER_EMBEDDER


@pytest.mark.parametrize("data", [DATA, INT4], ids=["int8", "int4"])
def test_every_bit_flip_and_every_truncation_is_rejected(twin: Twin, data: bytes) -> None:
    for index in range(len(data)):
        for bit in range(8):
            flipped = data[:index] + bytes([data[index] ^ 1 << bit]) + data[index + 1 :]
            assert twin.open(flipped, DIGEST, 8, -3) is not GalleryVerdict.OK
    for length in range(len(data)):
        assert twin.open(data[:length], DIGEST, 8, -3) is not GalleryVerdict.OK


def _mutated(data: bytes, changes: list[tuple[int, int]], tail: bytes) -> bytes:
    """The gallery with other bytes in its header and payload, right CRCs, and something behind it."""
    mutable = bytearray(data)
    for offset, value in changes:
        if offset % len(data) not in range(40, 48):
            mutable[offset % len(data)] = value
    return with_crcs(bytes(mutable)) + tail


_BYTES = st.sampled_from([0, 1, 2, 4, 16, 0x20, 0x7F, 0x80, 0xFF]) | st.integers(0, 255)
_CHANGES = st.lists(st.tuples(st.integers(0, len(DATA) - 1), _BYTES), min_size=1, max_size=4)
_TAILS = st.sampled_from([b"", b"\xff" * 16, b"\xff" * 33, b"\xff" * 16 + b"\0"]) | st.binary(max_size=40)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from([DATA, INT4]), _CHANGES, _TAILS)
def test_damaged_galleries_with_right_crcs(
    twin: Twin, whole: bytes, changes: list[tuple[int, int]], tail: bytes
) -> None:
    data = _mutated(whole, changes, tail)
    header = np.frombuffer(data[:64], np.uint8)
    dimension, zero_point = struct.unpack_from("<H", data, 8)[0], int(header[11:12].view(np.int8)[0])
    _agree(twin.open(data, data[24:40], dimension, zero_point), data)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_noise(twin: Twin, noise: bytes) -> None:
    _agree(twin.open(noise, DIGEST, 8, -3), noise)
    _agree(twin.open(with_crcs(DATA, noise), DIGEST, 8, -3), with_crcs(DATA, noise))


def test_python_and_c_agree_on_10_000_mutated_files(tmp_path: Path) -> None:
    """Under the sanitizers, which see every byte that does not belong to the gallery."""
    source = Path(__file__).with_name("twin.c")
    compile_runtime(tmp_path, *SANITIZERS, "-DTWIN_MAIN", "-o", "twin", sources=[source])
    rng = np.random.default_rng(1)
    galleries = [DATA, INT4, *(data for _, data in WRONG.values())]
    galleries += [mutated(rng, galleries[int(rng.integers(len(WRONG)))]) for _ in range(10_000)]
    stream = b"".join(struct.pack("<I", len(data)) + data for data in galleries)
    done = subprocess.run([str(tmp_path / "twin")], input=stream, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[:3000]
    found = [GalleryVerdict(int(line.split()[0])) for line in done.stdout.decode().splitlines()]
    assert len(found) == len(galleries)
    for data, verdict in zip(galleries, found, strict=True):
        _agree(verdict, data)
    print({each.name: found.count(each) for each in GalleryVerdict})
    assert len(set(found)) > 20
