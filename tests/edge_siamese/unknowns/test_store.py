"""Kept faces with embeddings along the axes."""

import stat
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese.faces import Embedding
from edge_siamese.unknowns.kept_face import KeptFace, read_crop
from edge_siamese.unknowns.store import FACES_OF_A_PERSON, KeepLimits, UnknownFaces

ADA, BOB, CAN = (100, 10, 0), (0, 100, 10), (10, 0, 100)
THRESHOLD = 16_000
DAY = 86_400.0


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> UnknownFaces:
    made = UnknownFaces(tmp_path / "unknown", clock=clock, patience=0.1)
    made.create()
    return made


def crop_of(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (112, 112, 3), np.uint8)


def keep(
    store: UnknownFaces,
    values: Sequence[int],
    *,
    quality: float = 50.0,
    limits: KeepLimits | None = None,
    embedder: str = "ab",
) -> KeptFace | None:
    embedding = Embedding(np.array(values, np.int8), 0, embedder)
    limits = limits or KeepLimits()
    return store.add(
        embedding, crop_of(sum(values)), quality=quality, source="door", threshold_q15=THRESHOLD, limits=limits
    )


def test_faces_that_match_at_the_threshold_are_one_person(store: UnknownFaces) -> None:
    for values in (ADA, BOB, (90, 20, 0), CAN):
        keep(store, values)
    assert sorted(len(faces) for faces in store.people().values()) == [1, 1, 2]


def test_crop_and_embedding_are_read_as_they_were_kept(store: UnknownFaces) -> None:
    kept = keep(store, ADA, quality=61.5)
    assert kept is not None
    ((face,),) = store.people().values()
    assert face.embedding.tolist() == list(ADA)
    assert (face.source, face.quality, face.expires - face.time) == ("door", 61.5, 7 * DAY)
    assert (read_crop(store.folder / f"{face.stem}.png") == crop_of(sum(ADA))).all()


def test_embeddings_of_two_embedders_are_never_compared(store: UnknownFaces) -> None:
    keep(store, ADA)
    keep(store, ADA, embedder="cd")
    assert len(store.people()) == 2


def test_a_face_is_deleted_after_its_days(store: UnknownFaces, clock: Clock) -> None:
    keep(store, ADA, limits=KeepLimits(days=2))
    keep(store, BOB, limits=KeepLimits(days=4))
    clock.now += 3 * DAY
    store.expire()
    assert len(list(store.folder.glob("*.png"))) == len(list(store.folder.glob("*.json"))) == 1
    assert len(store.people()) == 1
    clock.now += DAY
    assert store.people() == {}
    assert list(store.folder.iterdir()) == []


def test_the_oldest_faces_make_room_for_new_ones(store: UnknownFaces, clock: Clock) -> None:
    for values in (ADA, BOB, CAN):
        keep(store, values, limits=KeepLimits(faces=2))
        clock.now += 1
    assert [faces[0].embedding.tolist() for faces in store.people().values()] == [list(CAN), list(BOB)]


def test_the_files_stay_within_the_size(store: UnknownFaces, clock: Clock) -> None:
    for number in range(12):
        keep(store, np.roll((100, 0, 0), number).tolist(), quality=number, limits=KeepLimits(size=100_000))
        clock.now += 1
        assert sum(path.stat().st_size for path in store.folder.iterdir()) <= 100_000
    assert len(list(store.folder.glob("*.png"))) == 2


def test_of_a_person_the_best_faces_are_kept(store: UnknownFaces) -> None:
    for quality in (10, 70, 30, 50, 40, 20, 60, 5):
        keep(store, ADA, quality=quality)
    (faces,) = store.people().values()
    assert [face.quality for face in faces] == [70, 60, 50, 40, 30]
    assert len(faces) == FACES_OF_A_PERSON


def test_a_deleted_person_leaves_nothing_and_the_others_stay(store: UnknownFaces) -> None:
    ada, bob = keep(store, ADA), keep(store, BOB)
    assert ada is not None
    assert bob is not None
    (store.folder / "notes.txt").write_text("mine")
    assert store.delete([ada.person]) == 1
    assert list(store.people()) == [bob.person]
    assert sorted(path.name for path in store.folder.iterdir()) == ["notes.txt", f"{bob.stem}.json", f"{bob.stem}.png"]
    with pytest.raises(DataError, match=f"no unknown person is called '{ada.person}'"):
        store.delete([bob.person, ada.person])
    assert list(store.people()) == [bob.person]


def test_what_a_cut_of_power_left_is_deleted(store: UnknownFaces) -> None:
    (store.folder / "unknown-00ff00-1.png").write_bytes(b"half")
    assert store.people() == {}
    assert list(store.folder.iterdir()) == []


def test_a_damaged_face_is_named_and_can_be_deleted(store: UnknownFaces) -> None:
    kept = keep(store, ADA)
    assert kept is not None
    (store.folder / f"{kept.stem}.json").write_text("{")
    with pytest.raises(DataError, match=rf"{kept.stem}\.json: a damaged kept face"):
        store.people()
    assert store.delete(store.names()) == 1
    assert store.people() == {}


def test_two_programs_see_each_others_changes(store: UnknownFaces, clock: Clock) -> None:
    kept, other = keep(store, ADA), UnknownFaces(store.folder, clock=clock)
    assert kept is not None
    other.delete([kept.person])
    again = keep(other, ADA, quality=80.0)
    assert again is not None
    assert again.person != kept.person
    assert list(store.people()) == [again.person]


def test_only_the_owner_can_read_the_faces(store: UnknownFaces) -> None:
    keep(store, ADA)
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in store.folder.iterdir()} == {0o600}


def test_a_folder_that_others_may_enter_is_rejected(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o755)
    with pytest.raises(DataError, match="expected a folder that only its owner may enter"):
        UnknownFaces(folder).create()


def test_a_missing_folder_and_a_file_are_reported(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a folder of unknown faces, found none"):
        UnknownFaces(tmp_path / "none").people()
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="file: expected a folder for unknown faces"):
        UnknownFaces(tmp_path / "file").create()


@pytest.mark.parametrize("wrong", [{"days": 0.0}, {"days": float("nan")}, {"faces": 0}, {"size": 99_999}])
def test_limits_that_keep_nothing_are_rejected(wrong: dict[str, float]) -> None:
    with pytest.raises(DataError, match="expected"):
        KeepLimits(**wrong)  # type: ignore[arg-type]
