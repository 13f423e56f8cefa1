"""Signatures, sequence numbers and last days: Python and C accept and reject the same galleries."""

import ctypes
import shutil
import struct
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.decision import Reason
from edge_siamese.errors import GalleryError
from edge_siamese.gallery.container.encryption import encrypted
from edge_siamese.gallery.container.layout import Section
from edge_siamese.gallery.container.reader import parse
from edge_siamese.gallery.container.requirements import Requirements
from edge_siamese.gallery.container.signature import key_id_of, signed
from edge_siamese.gallery.container.verdicts import ONLY_PYTHON, GalleryVerdict
from edge_siamese.gallery.container.writer import encode, section
from edge_siamese.gallery.metadata import day_number
from edge_siamese_firmware.gallery_image.c_keys import keys_header

from .galleries import DIGEST, random_gallery
from .mutations import mutated
from .twin import COMPILER, SANITIZERS, Twin, compile_runtime

pytest.importorskip("cryptography")
_HAS_SODIUM = Path("/usr/include/sodium.h").exists()
pytestmark = pytest.mark.skipif(
    COMPILER is None or not _HAS_SODIUM, reason="no C compiler or no libsodium is installed"
)

_BOARDS_C = Path(__file__).parents[3] / "firmware_tools" / "runtime_c" / "boards_c"
_TODAY = date(2026, 3, 1)


def _private(seed: int) -> Any:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


def _public(private: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


TRUSTED, REVOKED, UNKNOWN = (_private(seed) for seed in (1, 2, 3))
REQUIREMENTS = Requirements(
    trusted={key_id_of(_public(key)): _public(key) for key in (TRUSTED, REVOKED)},
    revoked=frozenset({key_id_of(_public(REVOKED))}),
    require_signature=True,
    min_sequence=5,
    day=_TODAY,
)
LENIENT = replace(REQUIREMENTS, require_signature=False)


def _trust_source(requirements: Requirements) -> str:
    day = 0 if requirements.day is None else day_number(requirements.day)
    return (
        keys_header(requirements.trusted, requirements.revoked)
        + f"""
#include "es_verify_sodium.h"
static const struct es_trust trust = {{
    .verify = es_verify_sodium, .keys = es_keys, .key_count = ES_KEY_COUNT, .required = {int(requirements.require_signature)},
    .min_sequence = {requirements.min_sequence}, .today = {day},
}};
static const struct es_trust *const requirements = &trust;
"""
    )


def _compile(folder: Path, requirements: Requirements, *options: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "twin_keys.h").write_text(_trust_source(requirements))
    shutil.copy(_BOARDS_C / "es_verify_sodium.h", folder)
    sources = [Path(__file__).with_name("twin.c"), _BOARDS_C / "es_verify_sodium.c"]
    compile_runtime(folder, "-DTWIN_TRUST", *options, sources=[*sources, Path("-lsodium")])


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    folder = tmp_path_factory.mktemp("strict")
    _compile(folder, REQUIREMENTS, "-O2", "-shared", "-fPIC", "-o", "twin.so")
    return Twin(ctypes.CDLL(str(folder / "twin.so")))


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    folder = tmp_path_factory.mktemp("lenient")
    _compile(folder, LENIENT, "-O2", "-shared", "-fPIC", "-o", "twin.so")
    return Twin(ctypes.CDLL(str(folder / "twin.so")))


def _gallery(sequence: int = 5, **metadata: Any) -> bytes:
    return encode(replace(random_gallery(0, rates=(0.001,)), sequence=sequence, metadata=metadata))


def _sign(data: bytes, *keys: Any) -> bytes:
    for key in keys:
        data = signed(data, key, keep=True)
    return data


def _moved(data: bytes, to: bytes) -> bytes:
    """The signatures of one gallery behind another."""
    return to + data[-(16 + 80) :]


GALLERIES: Mapping[str, tuple[str, str, bytes]] = {
    # what is wrong: the verdict of a strict device, that of a lenient one, the file
    "nothing": ("OK", "OK", _sign(_gallery(), TRUSTED)),
    "a second signature of an unknown key": ("OK", "OK", _sign(_gallery(), UNKNOWN, TRUSTED)),
    "a second signature of a revoked key": ("OK", "OK", _sign(_gallery(), TRUSTED, REVOKED)),
    "unsigned": ("UNSIGNED", "OK", _gallery()),
    "signed by somebody": ("UNKNOWN_KEY", "OK", _sign(_gallery(), UNKNOWN)),
    "signed by a revoked key": ("REVOKED_KEY", "REVOKED_KEY", _sign(_gallery(), REVOKED)),
    "signature of another gallery": ("SIGNATURE", "SIGNATURE", _moved(_sign(_gallery(6), TRUSTED), _gallery())),
    "replayed": ("STALE", "STALE", _sign(_gallery(4), TRUSTED)),
    "the last day": ("OK", "OK", _sign(_gallery(retain_until="2026-03-01"), TRUSTED)),
    "expired": ("EXPIRED", "EXPIRED", _sign(_gallery(retain_until="2026-02-28"), TRUSTED)),
    "encrypted": ("ENCRYPTED", "ENCRYPTED", _sign(encrypted(_gallery(), bytes(32)), TRUSTED)),
    "half a signature": ("SECTION", "SECTION", _gallery() + section(Section.SIGNATURES, bytes(79))),
    "two sections of signatures": ("DUPLICATE_SECTION", "DUPLICATE_SECTION", _gallery() + 2 * section(Section.SIGNATURES, b"")),
}  # fmt: skip


def _python_verdict(data: bytes, requirements: Requirements) -> GalleryVerdict:
    try:
        parse(data, "it", requirements)
    except GalleryError as error:
        verdict = error.verdict
    else:
        verdict = GalleryVerdict.OK
    assert verdict is not None
    return verdict


@pytest.mark.parametrize("fault", GALLERIES)
def test_each_fault_is_rejected_where_it_must_be(strict: Twin, lenient: Twin, fault: str) -> None:
    of_strict, of_lenient, data = GALLERIES[fault]
    assert _python_verdict(data, REQUIREMENTS).name == of_strict
    assert strict.open(data, DIGEST, 8, -3).name == of_strict
    assert _python_verdict(data, LENIENT).name == of_lenient
    assert lenient.open(data, DIGEST, 8, -3).name == of_lenient


def test_every_bit_of_a_signed_gallery_counts(strict: Twin) -> None:
    data = GALLERIES["nothing"][2]
    for index in range(len(data)):
        flipped = data[:index] + bytes([data[index] ^ 1]) + data[index + 1 :]
        assert strict.open(flipped, DIGEST, 8, -3) is not GalleryVerdict.OK


@pytest.mark.parametrize(("day", "reason"), [("2026-02-28", Reason.OVERDUE), ("2026-03-01", Reason.OK)])
def test_somebody_is_named_up_to_the_last_day(strict: Twin, day: str, reason: Reason) -> None:
    gallery = random_gallery(3, people=1)
    about = {"people": {gallery.names[0]: {"retain_until": day}}}
    gallery = replace(gallery, sequence=5, metadata=about)
    data = _sign(encode(gallery), TRUSTED)
    assert strict.open(data, DIGEST, 8, -3) is GalleryVerdict.OK
    found = strict.observe(gallery.templates[0], None, 32000)
    assert found == gallery.decide(gallery.scores_of(gallery.templates[:1])[0], 32000, day=_TODAY)
    assert found.reason is reason


def test_python_and_c_agree_on_2_000_mutated_signed_files(tmp_path: Path) -> None:
    _compile(tmp_path, REQUIREMENTS, *SANITIZERS, "-DTWIN_MAIN", "-o", "twin")
    rng = np.random.default_rng(2)
    whole = [data for _, _, data in GALLERIES.values()]
    galleries = [*whole, *(mutated(rng, whole[int(rng.integers(len(whole)))]) for _ in range(2000))]
    stream = b"".join(struct.pack("<I", len(data)) + data for data in galleries)
    done = subprocess.run([str(tmp_path / "twin")], input=stream, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[:3000]
    found = [GalleryVerdict(int(line.split()[0])) for line in done.stdout.decode().splitlines()]
    expected = [_python_verdict(data, REQUIREMENTS) for data in galleries]
    assert found == [GalleryVerdict.OK if each in ONLY_PYTHON else each for each in expected]
