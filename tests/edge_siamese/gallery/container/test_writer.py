"""What is written is what is read."""

import mmap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from edge_siamese.errors import GalleryError
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.container.layout import ALIGNMENT, HEADER
from edge_siamese.gallery.container.reader import parse
from edge_siamese.gallery.container.writer import encode
from edge_siamese.names import problem_of
from edge_siamese.operating_point import OperatingPoint

names = st.text(min_size=1, max_size=40).map(str.strip).filter(lambda name: problem_of(name) is None)
rates = st.floats(1e-9, 1 - 1e-9)
points = st.builds(
    OperatingPoint,
    target_fmr=rates,
    threshold_q15=st.integers(-32768, 32767),
    fmr_upper_95=rates,
    impostor_pairs=st.integers(0, 2**64 - 1),
    people=st.integers(0, 2**32 - 1),
    fnmr=rates,
    dataset_digest=st.binary(min_size=32, max_size=32).map(bytes.hex),
)


@st.composite
def galleries(draw: st.DrawFn) -> Gallery:
    bits = draw(st.sampled_from([8, 4]))
    dimension = draw(st.integers(1, 20)) * 8 // bits
    people = draw(st.lists(names, unique=True, max_size=5))
    shapes = {name: (draw(st.integers(1, 4)), dimension) for name in people}
    empty = Gallery(
        names=(),
        identifiers=(),
        templates=np.empty((0, dimension), np.int8),
        identity_index=np.empty(0, np.uint32),
        zero_point=draw(st.integers(-128, 127) if bits == 8 else st.integers(-120, 120)),
        bits=bits,
        embedder_digest=draw(st.binary(min_size=16, max_size=16)),
        metadata=draw(st.fixed_dictionaries({}, optional={"consent": st.text(max_size=20)})),
        sequence=draw(st.integers(0, 2**32 - 1)),
    )
    templates = {name: draw(arrays.arrays(np.int8, shape)) for name, shape in shapes.items()}
    gallery = empty.with_people(templates)
    for point in draw(st.lists(points, max_size=3)):
        gallery = gallery.with_operating_point(point)
    return gallery


@given(galleries())
def test_every_gallery_survives_writing_and_reading(gallery: Gallery) -> None:
    data = encode(gallery)
    again = parse(data, "again")
    assert encode(again) == data
    assert len(data) % ALIGNMENT == 0
    assert (again.names, again.identifiers) == (gallery.names, gallery.identifiers)
    np.testing.assert_array_equal(again.templates, gallery.templates)
    np.testing.assert_array_equal(again.identity_index, gallery.identity_index)
    for field in ("zero_point", "bits", "embedder_digest", "operating_points", "metadata", "sequence"):
        assert getattr(again, field) == getattr(gallery, field)


def test_reading_copies_nothing(tmp_path: Path, gallery: Gallery) -> None:
    gallery.save(tmp_path / "people.esg")
    templates = Gallery.open(tmp_path / "people.esg").templates
    assert not templates.flags.owndata
    assert not templates.flags.writeable
    base = templates.base
    while isinstance(base, np.ndarray):
        base = base.base
    assert isinstance(base, memoryview)
    assert isinstance(base.obj, mmap.mmap)


def test_a_gallery_stays_readable_while_it_is_replaced(tmp_path: Path, gallery: Gallery) -> None:
    path = tmp_path / "people.esg"
    old = gallery.save(path)
    opened = Gallery.open(path)
    gallery.without("anna").save(path)
    np.testing.assert_array_equal(opened.templates, old.templates)


def test_the_sequence_grows_with_every_rewrite(tmp_path: Path, gallery: Gallery) -> None:
    path = tmp_path / "people.esg"
    assert [gallery.save(path).sequence for _ in range(3)] == [1, 2, 3]
    assert Gallery.open(path).save(path).sequence == 4
    assert replace(gallery, sequence=40).save(path).sequence == 40
    assert Gallery.open(path).sequence == 40


def test_a_used_up_sequence_is_rejected(tmp_path: Path, gallery: Gallery) -> None:
    path = tmp_path / "people.esg"
    replace(gallery, sequence=2**32 - 1).save(path)
    before = path.read_bytes()
    with pytest.raises(GalleryError, match="sequence number is used up"):
        gallery.save(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("there", [b"", b"a letter to somebody", b"ESG1" + bytes(100)])
def test_what_is_no_gallery_is_not_overwritten(tmp_path: Path, gallery: Gallery, there: bytes) -> None:
    path = tmp_path / "people.esg"
    path.write_bytes(there)
    with pytest.raises(GalleryError, match="it is not replaced: remove it first"):
        gallery.save(path)
    assert path.read_bytes() == there


def test_a_link_stays_a_link(tmp_path: Path, gallery: Gallery) -> None:
    (tmp_path / "link.esg").symlink_to(tmp_path / "people.esg")
    gallery.save(tmp_path / "people.esg")
    gallery.save(tmp_path / "link.esg")
    assert (tmp_path / "link.esg").is_symlink()
    assert Gallery.open(tmp_path / "people.esg").sequence == 2


def test_identifiers_are_kept_and_new_ones_come_from_the_name(gallery: Gallery) -> None:
    more = gallery.with_people({"alf": gallery.templates_of("anna")})
    assert more.names == ("alf", "anna", "ben")
    assert more.identifiers[1:] == gallery.identifiers
    assert more.without("alf").with_people({"alf": gallery.templates[:1]}).identifiers == more.identifiers


@pytest.mark.parametrize("digest", ["", "00" * 31, "no hex at all"])
def test_an_operating_point_without_a_digest_is_not_written(gallery: Gallery, digest: str) -> None:
    point = OperatingPoint(0.01, 1, 0.01, 300, 3, 0.1, digest)
    with pytest.raises(GalleryError, match="digest of an operating point"):
        encode(gallery.with_operating_point(point))


def test_the_header_has_64_bytes() -> None:
    assert HEADER.size == 64
