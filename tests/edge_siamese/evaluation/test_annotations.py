import json
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese.evaluation.annotations import AnnotatedSet

FACE = {"box": [10, 20, 30.5, 40], "landmarks": [12, 30, 25, 31, 18, 40, 13, 50, 24, 51]}
ENTRY = {"file": "a.png", "split": "dev", "source": "drawn", "faces": [FACE], "width": 64, "height": 48}


def image() -> bytes:
    drawn = np.zeros((48, 64, 3), np.uint8)
    drawn[..., 0] = 200  # red
    return cv2.imencode(".png", drawn[..., ::-1])[1].tobytes()


def archive(folder: Path, annotations: bytes, *, with_image: bool = True) -> Path:
    path = folder / "set.zip"
    with zipfile.ZipFile(path, "w") as stream:
        stream.writestr("annotations.json", annotations)
        if with_image:
            stream.writestr("images/a.png", image())
    return path


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def test_a_zip_and_a_folder_of_the_same_are_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "a.png").write_bytes(image())
    (folder / "annotations.json").write_bytes(as_json([ENTRY]))
    for path in (folder, archive(tmp_path, as_json([ENTRY]))):
        (entry,) = AnnotatedSet(path).images("dev")
        assert (entry.name, entry.source) == ("a.png", "drawn")
        assert entry.image[0, 0].tolist() == [200, 0, 0]
        assert entry.boxes.tolist() == [[10, 20, 30.5, 40]]
        assert entry.landmarks[0, 1].tolist() == [25, 31]


def test_splits_are_kept_apart_and_unknown_landmarks_are_nan(tmp_path: Path) -> None:
    unmarked = ENTRY | {"split": "train", "faces": [FACE | {"landmarks": None}, FACE]}
    empty = ENTRY | {"split": "train", "faces": []}
    annotated = AnnotatedSet(archive(tmp_path, as_json([ENTRY, unmarked, empty])))
    assert (annotated.count("dev"), annotated.count("train"), annotated.count("test")) == (1, 2, 0)
    two, none = annotated.images("train")
    assert np.isnan(two.landmarks[0]).all()
    assert not np.isnan(two.landmarks[1]).any()
    assert none.boxes.shape == (0, 4)
    assert none.landmarks.shape == (0, 5, 2)


@pytest.mark.parametrize(
    "entry",
    [
        ENTRY | {"faces": [FACE | {"box": [1, 2, 3]}]},
        ENTRY | {"faces": [FACE | {"box": [1, 2, 3, "x"]}]},
        ENTRY | {"faces": [FACE | {"landmarks": [1, 2]}]},
        ENTRY | {"faces": None},
        ENTRY | {"faces": [{"box": [1, 2, 3, 4]}]},
        {"file": "a.png"},
        "a.png",
    ],
)
def test_an_entry_that_is_none_is_named_by_its_number(tmp_path: Path, entry: Any) -> None:
    with pytest.raises(DataError, match=r"entry 1 of annotations.json: expected file, split, source and faces"):
        AnnotatedSet(archive(tmp_path, as_json([ENTRY, entry])))


@pytest.mark.parametrize("box", [[1, 2, 0, 4], [1, 2, 3, -4], [1, float("nan"), 3, 4], [1, 2, 1e60, 4]])
def test_a_box_without_a_size_is_refused(tmp_path: Path, box: list[float]) -> None:
    entry = ENTRY | {"faces": [FACE | {"box": box}]}
    with pytest.raises(DataError, match=r"a.png: expected boxes x, y, width, height with positive sizes"):
        AnnotatedSet(archive(tmp_path, as_json([entry])))


def test_what_is_not_such_a_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected a folder, zip or tar of images, found nothing there"):
        AnnotatedSet(tmp_path / "none.zip")
    with pytest.raises(DataError, match=r"expected annotations.json in it, found none"):
        AnnotatedSet(tmp_path)
    with pytest.raises(DataError, match="is not JSON"):
        AnnotatedSet(archive(tmp_path, b"[{"))
    with pytest.raises(DataError, match=r"expected annotations.json to hold a list"):
        AnnotatedSet(archive(tmp_path, as_json({"images": []})))
    without_image = AnnotatedSet(archive(tmp_path, as_json([ENTRY]), with_image=False))
    with pytest.raises(DataError, match=r"expected images/a.png in it, found none"):
        list(without_image.images("dev"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["file", "split", "source", "faces", "box", "landmarks"]), inner, max_size=6)
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON)
def test_any_other_json_is_read_or_refused(tmp_path: Path, value: Any) -> None:
    path = archive(tmp_path, as_json(value))
    with suppress(DataError):
        assert AnnotatedSet(path).count("dev") <= len(value)
