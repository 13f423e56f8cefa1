"""MCUboot's own tool accepts what was wrapped, and its errors become one sentence."""

import subprocess
from pathlib import Path

import pytest

from edge_siamese.cli.main import main
from edge_siamese.errors import DataError, RuntimeMissingError
from edge_siamese_firmware.image import mcuboot
from edge_siamese_firmware.image.mcuboot import imgtool_command, mcuboot_image

pytest.importorskip("imgtool", reason="imgtool is not installed")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "boot.pem"
    subprocess.run([*imgtool_command(), "keygen", "-k", str(path), "-t", "ed25519"], check=True, capture_output=True)
    return path


def test_a_wrapped_program_is_verified_by_imgtool(tmp_path: Path, key: Path) -> None:
    (tmp_path / "firmware.bin").write_bytes(bytes(range(256)) * 16)
    words = ["firmware", "wrap", str(tmp_path / "firmware.bin"), "--key", str(key), "--version", "1.2.3"]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--slot-size", "0x10000", "-o", str(tmp_path / "image.bin")])
    assert ended.value.code == 0
    image = (tmp_path / "image.bin").read_bytes()
    assert image[0x200 : 0x200 + 4096] == bytes(range(256)) * 16
    done = subprocess.run(
        [*imgtool_command(), "verify", "-k", str(key), str(tmp_path / "image.bin")],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1.2.3" in done.stdout


def test_a_program_that_does_not_fit_is_rejected(key: Path) -> None:
    with pytest.raises(DataError, match=r"imgtool cannot sign the program: .*exceeds requested size 0x1000"):
        mcuboot_image(bytes(5000), key, "1.0.0", 4096)


def test_a_wrong_key_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="imgtool cannot sign the program: "):
        mcuboot_image(bytes(100), tmp_path / "absent.pem", "1.0.0", 0x10000)


def test_without_imgtool_the_sentence_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: Path) -> None:
    monkeypatch.setattr(mcuboot.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RuntimeMissingError, match="need imgtool, which is not installed"):
        mcuboot_image(bytes(100), key, "1.0.0", 0x10000)
