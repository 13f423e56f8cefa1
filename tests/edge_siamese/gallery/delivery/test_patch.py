"""A patch makes exactly one gallery from exactly one other."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import DataError, GalleryError
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.container.writer import encode
from edge_siamese.gallery.delivery.install import install
from edge_siamese.gallery.delivery.patch import PATCH, apply_patch, make_patch


def galleries(people: int = 200) -> tuple[bytes, bytes]:
    """A gallery, and the same with one person more and one fewer."""
    rng = np.random.default_rng(1)
    templates = {f"person {index:03}": rng.integers(-100, 100, (2, 256)).astype(np.int8) for index in range(people)}
    empty = Gallery((), (), np.empty((0, 256), np.int8), np.empty(0, np.uint32), 0, bytes(16))
    old = empty.with_people(templates, limit=None)
    new = old.without(f"person {people // 2:03}").with_people({"new": templates["person 000"][:1] ^ 1}, limit=None)
    return encode(old), encode(replace(new, sequence=2))


def test_a_patch_is_much_smaller_than_the_gallery() -> None:
    old, new = galleries()
    patch = make_patch(old, new)
    assert apply_patch(old, patch, "patch", "old") == new
    assert len(patch) < len(new) / 10
    print(f"{len(new):,} bytes, patch {len(patch):,}")


blocks = st.lists(st.sampled_from([bytes(16), b"a" * 16, b"b" * 16, b"c" * 7]), max_size=40).map(b"".join)


@given(blocks | st.binary(max_size=200), blocks | st.binary(max_size=200))
def test_any_bytes_can_be_patched(base: bytes, target: bytes) -> None:
    assert apply_patch(base, make_patch(base, target), "patch", "base") == target


def test_a_patch_of_another_base_is_rejected() -> None:
    old, new = galleries(3)
    patch = make_patch(old, new)
    with pytest.raises(
        GalleryError, match=r"update\.esp: a patch of another gallery: expected family\.esg with SHA-256"
    ):
        apply_patch(new, patch, "update.esp", "family.esg")


def test_a_damaged_patch_never_makes_another_gallery() -> None:
    old, new = galleries(2)
    patch = make_patch(old, new)
    for index in range(len(patch)):
        with suppress(DataError):  # bits that fill up the last byte of the compressed steps mean nothing
            assert (
                apply_patch(old, patch[:index] + bytes([patch[index] ^ 1]) + patch[index + 1 :], "patch", "old") == new
            )
        with pytest.raises(DataError):
            apply_patch(old, patch[:index], "patch", "old")
    huge = PATCH.pack(magic=b"ESP1", target_length=2**32 - 1, base_digest=bytes(32), target_digest=bytes(32))
    with pytest.raises(DataError, match="more than a gallery has"):
        apply_patch(old, huge, "patch", "old")


def test_a_patch_is_installed_over_the_slot_in_use(tmp_path: Path, gallery: Gallery) -> None:
    paths = [tmp_path / f"{sequence}.esg" for sequence in (1, 2, 3)]
    for sequence, path in enumerate(paths, start=1):
        replace(gallery, sequence=sequence).save(path)
    install(paths[0], tmp_path / "slots")
    (tmp_path / "update.esp").write_bytes(make_patch(paths[0].read_bytes(), paths[1].read_bytes()))
    done = install(tmp_path / "update.esp", tmp_path / "slots")
    assert (done.gallery.sequence, done.slot.read_bytes()) == (2, paths[1].read_bytes())
    (tmp_path / "wrong.esp").write_bytes(make_patch(paths[0].read_bytes(), paths[2].read_bytes()))
    with pytest.raises(GalleryError, match="a patch of another gallery"):
        install(tmp_path / "wrong.esp", tmp_path / "slots")
    with pytest.raises(GalleryError, match="a patch, and no gallery is installed that it could change"):
        install(tmp_path / "update.esp", tmp_path / "empty")
