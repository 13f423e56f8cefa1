import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.dataset_layout import dataset_layout, paths_in_dataset
from edge_siamese.errors import DataError


@pytest.mark.parametrize(
    ("images", "photos"),
    [
        (["Ada/1.jpg", "Ben/1.jpg"], ["Ada/1.jpg", "Ben/1.jpg"]),
        (["Ada/1.jpg", "Ada/2.jpg"], ["Ada/1.jpg", "Ada/2.jpg"]),
        (["images/Ada/1.jpg", "images/Ben/1.jpg"], ["Ada/1.jpg", "Ben/1.jpg"]),
        (["images/1.jpg", "Ada/1.jpg"], ["images/1.jpg", "Ada/1.jpg"]),
        (["people/Ada/1.jpg", "people/Ben/1.jpg"], ["Ada/1.jpg", "Ben/1.jpg"]),
        (["a/b/c/Ada/1.jpg", "a/b/c/Ben/1.jpg"], ["Ada/1.jpg", "Ben/1.jpg"]),
        (["top/images/Ada/1.jpg", "top/images/Ben/1.jpg"], ["Ada/1.jpg", "Ben/1.jpg"]),
        (["people/Ada/1.jpg"], ["Ada/1.jpg"]),
        (["Ada/best/1.jpg", "Ben/best/1.jpg"], ["Ada/best/1.jpg", "Ben/best/1.jpg"]),
    ],
)
def test_people_are_found_at_the_root_under_images_and_below_a_single_folder(
    images: list[str], photos: list[str]
) -> None:
    layout = dataset_layout(images, name="data")
    assert list(layout.photos) == photos
    assert list(layout.photos.values()) == images
    assert layout.skipped == []


@pytest.mark.parametrize(
    ("images", "note"),
    [
        (["people/Ada/1.jpg", "people/Ben/1.jpg"], "data: the people are taken from the folder people"),
        (["Ada/best/1.jpg", "Ben/1.jpg"], "photos that lie deeper count for the folder at the top: Ada/best for Ada"),
        (["Ada/1.jpg", "ada/1.jpg"], "data: 'Ada', 'ada' are taken as different people"),
        (["images/Ada/1.jpg", "images/Ben/1.jpg"], None),
    ],
)
def test_what_is_not_obvious_is_reported(images: list[str], note: str | None) -> None:
    notes = dataset_layout(images, name="data").notes
    assert (note in notes[0]) if note else notes == []


@pytest.mark.parametrize(
    "images",
    [
        ["train/Ada/1.jpg", "train/Ben/1.jpg", "test/Cyd/1.jpg"],
        ["Ada/1.jpg", "Ada/more/2.jpg", "Ben/1.jpg"],
        ["top/Ada/front/1.jpg", "top/Ada/side/1.jpg", "top/Ben/1.jpg"],
    ],
)
def test_one_person_out_of_several_folders_is_rejected_with_the_way_out(images: list[str]) -> None:
    with pytest.raises(
        DataError, match=r"would be one person with photos in 2 folders .* or put all photos of a person"
    ):
        dataset_layout(images, name="data")


def test_photos_at_the_root_and_people_without_a_photo_are_named() -> None:
    layout = dataset_layout(["cover.jpg", "Ada/1.jpg"], ["Ada", "Ben", "Cyd", "Cyd/deep"], name="data")
    assert {file.path: file.reason for file in layout.skipped} == {
        "cover.jpg": "lies in no person's folder", "Ben/": "holds no photo", "Cyd/": "holds no photo",
    }  # fmt: skip


def test_people_without_a_photo_are_named_below_a_single_folder_too() -> None:
    layout = dataset_layout(["cover.jpg", "top/Ada/1.jpg"], ["top", "top/Ada", "top/Ben", "other"], name="data")
    assert [file.path for file in layout.skipped] == ["cover.jpg", "Ben/"]


@pytest.mark.parametrize(
    ("images", "found"),
    [
        ([], "found none"),
        (["1.jpg"], "found '1.jpg'"),
        (["1.jpg", "2.jpg"], "found '1.jpg' and 1 more in no person's folder"),
    ],
)
def test_a_dataset_without_people_is_rejected(images: list[str], found: str) -> None:
    with pytest.raises(DataError, match=f"data: expected photos as <person>/<photo>, {found}"):
        dataset_layout(images, name="data")


@pytest.mark.parametrize("person", ["A\u200bda", "\u202eadA", "A\tda"])
def test_a_name_with_invisible_characters_is_rejected(person: str) -> None:
    with pytest.raises(DataError, match=r"has the [a-z-]+ character U\+[0-9A-F]{4} in its name: rename it"):
        dataset_layout([f"{person}/1.jpg"], name="data")


def test_paths_follow_the_order_of_the_files_and_may_repeat() -> None:
    assert paths_in_dataset(["x/B/1.jpg", "x/A/1.jpg", "x/B/1.jpg"], name="n") == ["B/1.jpg", "A/1.jpg", "B/1.jpg"]
    with pytest.raises(DataError, match=r"n: expected photos as <person>/<photo>, found 'x\.jpg'"):
        paths_in_dataset(["A/1.jpg", "x.jpg"], name="n")


@pytest.mark.parametrize("images", [["a/a", "images/a/a"], ["a/1.jpg", "images/a/2.jpg", "images/b/1.jpg"]])
def test_a_person_at_the_root_and_below_images_is_rejected(images: list[str]) -> None:
    with pytest.raises(
        DataError, match="'a' has photos in a and in images/a: put all photos of a person into one folder"
    ):
        dataset_layout(images, name="data")


PARTS = st.sampled_from(["a", "b", "images", "1.jpg", "2.jpg"])


@given(st.lists(st.lists(PARTS, min_size=1, max_size=4).map("/".join), unique=True, max_size=8))
def test_every_file_is_a_photo_or_skipped_or_the_layout_is_rejected(images: list[str]) -> None:
    try:
        layout = dataset_layout(images, name="data")
    except DataError:
        return
    assert sorted([*layout.photos.values(), *(file.path for file in layout.skipped)]) == sorted(images)
