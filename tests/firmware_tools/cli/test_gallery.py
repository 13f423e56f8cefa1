"""``edge-siamese firmware boards list | gallery``"""

import json
from pathlib import Path

import pytest

from edge_siamese.cli.main import main
from edge_siamese.gallery import Gallery

FILES = ["esg_format.h", "gallery.bin", "gallery.c", "gallery.h", "gallery.hex"]


def run(*arguments: str) -> int:
    try:
        main(list(arguments))
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def test_boards_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("firmware", "boards", "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("rpi-pico ") and "0x101c0000, 0x101e0000, 128 KiB each" in line for line in lines)
    assert run("firmware", "boards", "list", "--json") == 0
    boards = {board["name"]: board for board in json.loads(capsys.readouterr().out)["boards"]}
    assert boards["stm32f405"]["slots"][1] == {"name": "b", "address": 0x080E0000, "size": 0x20000, "erase": 0x20000}


def test_images_are_written(gallery_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("intelhex")
    out = tmp_path / "flash" / "new"
    arguments = ["firmware", "gallery", str(gallery_file), "--board", "rp2040", "--out", str(out)]
    assert run(*arguments) == 0
    assert capsys.readouterr().out.startswith("rpi-pico slot a at 0x101c0000: ")
    assert sorted(file.name for file in out.iterdir()) == [*FILES, "gallery.uf2"]
    assert Gallery.open(out / "gallery.bin").names == ("Zoë", "anna")
    assert run(*arguments, "--slot", "b", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["schema"], report["slot"], report["address"]) == (
        "edge-siamese/firmware-gallery/1",
        "b",
        0x101E0000,
    )
    assert (report["sequence"], report["used"]) == (7, gallery_file.stat().st_size)
    assert [Path(file).name for file in report["files"]] == [*FILES, "gallery.uf2"]


@pytest.mark.parametrize(
    ("board", "sentence"), [("rp2O40", "did you mean 'rp2040'?"), ("absent.toml", "absent.toml: cannot be read")]
)
def test_a_board_that_is_none(
    gallery_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], board: str, sentence: str
) -> None:
    out = tmp_path / "flash"
    assert run("firmware", "gallery", str(gallery_file), "--board", board, "--out", str(out)) == 2
    assert sentence in capsys.readouterr().err
    assert not out.exists()


def test_a_damaged_or_too_large_gallery_makes_no_images(
    gallery_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "flash"
    arguments = ["firmware", "gallery", str(gallery_file), "--board", "microbit", "--out", str(out)]
    data = gallery_file.read_bytes()
    gallery_file.write_bytes(data[:-1])
    assert run(*arguments) == 2
    assert "it is truncated" in capsys.readouterr().err
    gallery_file.write_bytes(data.ljust(32_769, b"\xff"))
    assert run(*arguments) == 2
    assert "slot a of microbit has 32,768" in capsys.readouterr().err
    assert not out.exists()


def test_people_kept_beyond_the_last_day_are_not_flashed(
    gallery_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gallery = Gallery.open(gallery_file)
    about = {"retain_until": "2020-01-01"}
    gallery.with_people({"anna": gallery.templates_of("anna")}, limit=None, about=about).save(gallery_file)
    out = tmp_path / "flash"
    assert run("firmware", "gallery", str(gallery_file), "--board", "rp2040", "--out", str(out)) == 2
    assert "anna kept beyond the last day, which a board does not know" in capsys.readouterr().err
    assert not out.exists()
