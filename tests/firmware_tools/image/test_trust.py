"""A firmware that is built with keys has them in its sources, and its application compiles."""

import shutil
import subprocess
from pathlib import Path

import pytest

from edge_siamese.errors import DataError
from edge_siamese.gallery.trust.keys import generate_signing_key
from edge_siamese_firmware.boards import find_board
from edge_siamese_firmware.image.build import FirmwareSources
from edge_siamese_firmware.image.config import CONFIG, config_header
from edge_siamese_firmware.image.trust import with_trust
from edge_siamese_firmware.runtime_c.sources import runtime_sources

pytest.importorskip("cryptography")
COMPILER = shutil.which("gcc") or shutil.which("cc")


def sources() -> FirmwareSources:
    """The runtime and the configuration of a board; what is generated of the networks plays no part."""
    board = find_board("generic") if find_board("generic").firmware else find_board("rpi-pico")
    assert board.firmware is not None
    files = {**runtime_sources(), CONFIG: config_header(board, board.firmware), "es_networks.h": _NETWORKS}
    return FirmwareSources(board, files, None)  # type: ignore[arg-type]


_NETWORKS = """
#include "es_engine.h"
#define ES_ARENA_SIZE 1u
extern const struct es_networks es_networks;
"""


@pytest.mark.skipif(COMPILER is None, reason="no C compiler is installed")
@pytest.mark.parametrize("required", [False, True])
def test_the_application_takes_the_keys(tmp_path: Path, required: bool) -> None:
    key_id = generate_signing_key(tmp_path / "fleet.pem", None)
    made = with_trust(sources(), [tmp_path], required=required)
    assert f"#define ES_SIGNATURE_REQUIRED {int(required)} " in made.files[CONFIG]
    assert ", ".join(f"0x{byte:02x}" for byte in bytes.fromhex(key_id)) in made.files["es_keys.h"]
    for name, text in made.files.items():
        (tmp_path / name).write_text(text)
    command = [str(COMPILER), "-std=c99", "-Wall", "-Wextra", "-Werror", "-c", "es_app.c", "-o", "es_app.o"]
    built = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    symbols = subprocess.run(["nm", "-u", "es_app.o"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert "es_board_verify" in symbols


def test_a_firmware_without_keys_needs_no_verification() -> None:
    assert "ES_SIGNATURE_REQUIRED" not in sources().files[CONFIG]


def test_a_firmware_that_would_reject_everything_is_not_built(tmp_path: Path) -> None:
    key_id = generate_signing_key(tmp_path / "fleet.pem", None)
    (tmp_path / "revoked.txt").write_text(key_id)
    with pytest.raises(DataError, match="no key is trusted"):
        with_trust(sources(), [tmp_path / "fleet.pem.pub"], tmp_path / "revoked.txt", required=True)
