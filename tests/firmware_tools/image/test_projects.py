"""Projects for other build systems: complete, well-formed, and every C file compiles out of the folder alone."""

import configparser
import csv
import itertools
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from edge_siamese_firmware.boards import find_board

from ..command import run_command

_COMPILER = shutil.which("gcc") or shutil.which("cc")
needs_compiler = pytest.mark.skipif(_COMPILER is None, reason="no C compiler is installed")
_FLAGS = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-fno-strict-aliasing", "-c"]
_DECLARATIONS = Path(__file__).parent / "declarations"


def _project(kind: str, board: str, out: Path, *more: str) -> Path:
    assert run_command("firmware", "build", "--board", board, "--project", kind, "-o", str(out), *more) == 0
    return out


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    from edge_siamese.gallery import Gallery
    from edge_siamese.models import named_model
    from edge_siamese.tflite.model_card import read_model

    path = tmp_path / "family.esg"
    Gallery.empty(read_model(Path(str(named_model("embedder-small"))), "embedder").card).save(path)
    return path


def _compile(sources: list[Path], include: list[Path], folder: Path, *flags: str) -> None:
    """Compile sources; those of the build system are declared in ``declarations/``."""
    assert sources
    assert _COMPILER is not None
    includes = [f"-I{path}" for path in include]
    command = [_COMPILER, *_FLAGS, *includes, *flags, *map(str, sources)]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[:2000]


@needs_compiler
def test_an_esp_idf_project(tmp_path: Path) -> None:
    out = _project("esp-idf", "esp32s3", tmp_path / "esp")
    component = out / "components" / "edge_siamese"
    objects = tmp_path / "objects"
    objects.mkdir()
    _compile([*component.glob("*.c"), out / "main" / "main.c"], [component, _DECLARATIONS / "esp_idf"], objects)
    rows = [row for row in csv.reader((out / "partitions.csv").read_text().splitlines()) if not row[0].startswith("#")]
    places = {row[0]: (int(row[3], 0), int(row[4], 0)) for row in rows}
    board = find_board("esp32s3")
    assert places["gallery_a"] == (board.slot("a").address, board.slot("a").size)
    assert places["gallery_b"] == (board.slot("b").address, board.slot("b").size)
    ordered = sorted(places.values())
    assert all(at + size <= following for (at, size), (following, _) in itertools.pairwise(ordered))
    assert 'CONFIG_IDF_TARGET="esp32s3"' in (out / "sdkconfig.defaults").read_text()
    assert "CONFIG_ESPTOOLPY_FLASHSIZE_8MB=y" in (out / "sdkconfig.defaults").read_text()
    assert "CONFIG_EDGE_SIAMESE_STACK" in (component / "es_board_esp_idf.c").read_text()
    assert "config EDGE_SIAMESE_STACK" in (component / "Kconfig").read_text()


@needs_compiler
def test_an_arduino_library(gallery: Path, tmp_path: Path) -> None:
    out = _project("arduino", "rpi-pico", tmp_path / "arduino", "--gallery", str(gallery))
    objects = tmp_path / "objects"
    objects.mkdir()
    _compile([*(out / "src").glob("*.c")], [out / "src"], objects)
    sketch = tmp_path / "Identify.cpp"
    sketch.write_text('#include "Arduino.h"\n' + (out / "examples" / "Identify" / "Identify.ino").read_text())
    compiler = shutil.which("g++") or shutil.which("c++")
    if compiler:
        command = [
            compiler,
            "-std=gnu++17",
            "-Wall",
            "-Wextra",
            "-Werror",
            f"-I{out / 'src'}",
            f"-I{_DECLARATIONS / 'arduino'}",
        ]
        done = subprocess.run([*command, "-c", str(sketch)], cwd=objects, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[:2000]
    properties = configparser.ConfigParser()
    properties.read_string("[library]\n" + (out / "library.properties").read_text())
    required = {"name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url", "architectures"}
    assert required <= set(properties["library"])
    assert (out / "src" / properties["library"]["includes"]).is_file()


@needs_compiler
def test_a_zephyr_module(tmp_path: Path) -> None:
    out = _project("zephyr", "rpi-pico2", tmp_path / "zephyr")
    objects = tmp_path / "objects"
    objects.mkdir()
    declared = _DECLARATIONS / "zephyr"
    board = find_board("rpi-pico2")
    assert "partition@380000" in (out / "samples" / "identify" / "app.overlay").read_text()
    assert f"reg = <0x380000 {board.slot('a').size:#x}>" in (out / "samples" / "identify" / "app.overlay").read_text()
    main_c = out / "samples" / "identify" / "src" / "main.c"
    glue = [out / "src" / "es_board_zephyr.c", main_c]
    plain = [path for path in (out / "src").glob("*.c") if path not in glue]
    _compile(glue, [out / "src", declared], objects)
    if compiler := shutil.which("arm-none-eabi-gcc"):
        command = [compiler, *_FLAGS, "-mcpu=cortex-m33", "-mthumb", f"-I{out / 'src'}", *map(str, plain)]
        done = subprocess.run(command, cwd=objects, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[:2000]
    module = (out / "zephyr" / "module.yml").read_text()
    for place in re.findall(r"(?:cmake|kconfig): (\S+)", module):
        assert (out / place).exists()


@pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is not installed")
def test_the_cmake_files_parse(tmp_path: Path) -> None:
    """With the functions of the build systems declared, CMake runs every file of them."""
    esp, zephyr = _project("esp-idf", "esp32s3", tmp_path / "esp"), _project("zephyr", "rpi-pico2", tmp_path / "zephyr")
    lines = ["cmake_minimum_required(VERSION 3.16)"]
    for name in ("idf_component_register", "zephyr_library_named", "zephyr_library_sources"):
        lines.append(f"function({name})\n  if(NOT ARGN)\n    message(FATAL_ERROR {name})\n  endif()\nendfunction()")
    for name in ("zephyr_library_compile_options", "zephyr_include_directories", "target_compile_options"):
        lines.append(f"function({name})\nendfunction()")
    lines.append("set(CONFIG_EDGE_SIAMESE y)")
    for path in (esp / "main", esp / "components" / "edge_siamese", zephyr / "zephyr"):
        lines += [f'set(CMAKE_CURRENT_LIST_DIR "{path}")', f'include("{path}/CMakeLists.txt")']
    lines += ["if(NOT edge_siamese_sources)", "  message(FATAL_ERROR sources)", "endif()"]
    (tmp_path / "all.cmake").write_text("\n".join(lines) + "\n")
    done = subprocess.run(["cmake", "-P", str(tmp_path / "all.cmake")], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_does_not_fit_a_build_system(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "out")
    for arguments, sentence in (
        (["rpi-pico", "--project", "esp-idf"], "ESP-IDF builds for boards with an ESP32"),
        (["rpi-pico", "--project", "arduino"], "an Arduino library contains its gallery: --gallery names it"),
        (["esp32s3"], "there is no compiler for its xtensa-lx7 here; --project writes the firmware"),
    ):
        assert run_command("firmware", "build", "-o", out, "--board", *arguments) == 2
        assert sentence in capsys.readouterr().err
    assert not Path(out).exists()
