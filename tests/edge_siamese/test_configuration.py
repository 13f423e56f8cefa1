"""Configuration files: where they are searched, what wins, and what is wrong with a file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edge_siamese.configuration import LayeredConfiguration, did_you_mean, search_paths, variable_of
from edge_siamese.errors import DataError

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str | bytes, name: str = "edge-siamese.toml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return written


def test_the_current_folder_wins_over_the_user_and_the_user_over_the_system() -> None:
    assert search_paths({"HOME": "/home/anna"}) == [
        Path("edge-siamese.toml"),
        Path("/home/anna/.config/edge-siamese/edge-siamese.toml"),
        Path("/etc/edge-siamese/edge-siamese.toml"),
    ]
    assert search_paths({"HOME": "/home/anna", "XDG_CONFIG_HOME": "/c"})[1] == Path("/c/edge-siamese/edge-siamese.toml")
    assert search_paths({"EDGE_SIAMESE_CONFIG": "door.toml"}) == [Path("door.toml")]


def test_the_environment_wins_over_files_and_the_first_file_over_the_second(write: Write) -> None:
    first = write('[run]\ncamera = "0"\n[common]\ngallery = "first.esg"', "1/edge-siamese.toml")
    second = write('[run]\ncamera = "1"\ngallery = "second.esg"\nthreads = 2', "2/edge-siamese.toml")
    configuration = LayeredConfiguration.read([first, second], {"EDGE_SIAMESE_RUN_CAMERA": "picamera2"})
    found = {key: configuration.find(["run"], key) for key in ("camera", "gallery", "threads", "events")}
    assert {key: setting and (setting.value, setting.origin) for key, setting in found.items()} == {
        "camera": ("picamera2", "$EDGE_SIAMESE_RUN_CAMERA"),
        "gallery": ("first.esg", str(first)),
        "threads": (2, str(second)),
        "events": None,
    }


def test_a_commands_own_table_wins_over_the_common_one(write: Write) -> None:
    path = write("[common]\nthreads = 1\n[gallery.build]\nthreads = 4")
    configuration = LayeredConfiguration.read([path], {})
    assert [
        getattr(configuration.find(words, "threads"), "value", None) for words in (["gallery", "build"], ["run"])
    ] == [4, 1]
    assert variable_of(["gallery", "build"], "target-fmr") == "EDGE_SIAMESE_GALLERY_BUILD_TARGET_FMR"


def test_dates_are_text_and_missing_files_are_left_out(write: Write, tmp_path: Path) -> None:
    configuration = LayeredConfiguration.read(
        [tmp_path / "absent.toml", write("[enroll]\nretain-until = 2027-12-31")], {}
    )
    setting = configuration.find(["enroll"], "retain-until")
    assert setting is not None
    assert setting.value == "2027-12-31"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[run\n", r"expected a configuration file \(TOML\): .*line 1"),
        ("[run]\na = 1\na = 2\n", r"expected a configuration file \(TOML\): .*line 3"),
        (b"\xff\xfe[run]", r"found no UTF-8 text"),
        ('camera = "0"', r"'camera' stands outside of a table; expected it below \[common\] or a command"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence(write: Write, text: str | bytes, sentence: str) -> None:
    path = write(text)
    with pytest.raises(DataError, match=sentence) as said:
        LayeredConfiguration.read([path])
    assert str(said.value).startswith(f"{path}: ")


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "edge-siamese.toml").mkdir()
    with pytest.raises(DataError, match="cannot be read"):
        LayeredConfiguration.read([tmp_path / "edge-siamese.toml"])


def test_a_value_in_place_of_a_table_is_named(write: Write) -> None:
    configuration = LayeredConfiguration.read([write("[gallery]\nbuild = 1")], {})
    with pytest.raises(DataError, match=r"expected a table \[gallery.build\], found a value"):
        configuration.find(["gallery", "build"], "threads")


def test_a_misspelled_word_is_suggested_only_if_something_is_near() -> None:
    assert did_you_mean("galery", ["gallery", "camera"]) == "; did you mean 'gallery'?"
    assert did_you_mean("zzz", ["gallery", "camera"]) == ""
