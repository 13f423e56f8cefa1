"""Errors: the tree, their fields, and the exit code each ends a command with."""

import inspect
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese import errors
from edge_siamese.errors import DataError, EdgeSiameseError, ImageError, RuntimeMissingError
from edge_siamese.gallery import Gallery
from edge_siamese.image_io import read_image
from edge_siamese.preprocessing import check_image
from edge_siamese.tflite.model_card import read_model

CLASSES = [value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, EdgeSiameseError)]


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_is_in_the_tree_and_takes_fields(kind: type[EdgeSiameseError]) -> None:
    assert f"{kind.__name__} " in (errors.__doc__ or "")
    error = kind("a.esg: expected 1, found 2", path=Path("a.esg"), expected=1, found=2)
    assert (str(error), error.path, error.expected, error.found) == ("a.esg: expected 1, found 2", "a.esg", 1, 2)
    assert error.exit_code == (2 if issubclass(kind, DataError) else 1)
    plain = kind("something")
    assert (plain.path, plain.expected, plain.found) == (None, None, None)


@pytest.mark.parametrize("kind", CLASSES)
def test_errors_can_be_sent_between_processes(kind: type[EdgeSiameseError]) -> None:
    error = pickle.loads(pickle.dumps(kind("a.jpg: bad", path="a.jpg", expected="a JPEG", found="text")))
    assert type(error) is kind
    assert (str(error), error.path, error.expected, error.found) == ("a.jpg: bad", "a.jpg", "a JPEG", "text")


def test_an_error_is_also_the_built_in_one_that_callers_expect() -> None:
    assert issubclass(DataError, ValueError)
    assert issubclass(RuntimeMissingError, ImportError)
    assert issubclass(errors.EngineClosedError, RuntimeError)


@pytest.mark.parametrize("read", [read_image, Gallery.open, read_model])
def test_the_path_of_a_file_that_cannot_be_used_is_a_field(read: Any, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not what was expected")
    with pytest.raises(DataError) as said:
        read(path)
    assert said.value.path == str(path)
    assert str(said.value).startswith(f"{path}: ")


def test_expected_and_found_are_what_the_message_says() -> None:
    with pytest.raises(ImageError, match=r"^the image: expected a uint8 array") as said:
        check_image(np.zeros((4, 4, 3)))
    assert (said.value.expected, said.value.found) == ("uint8 (H, W, 3)", "float64 (4, 4, 3) with values from 0 to 0")
