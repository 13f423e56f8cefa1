"""A renewed gallery identifies with its key and is that of another embedder without it."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from edge_siamese.cli.gallery_renew import renew as command
from edge_siamese.errors import GalleryError, OtherEmbedderError
from edge_siamese.faces import Embedding
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.renewing import renew
from edge_siamese.models import default_model
from edge_siamese.renewal import RenewalKey
from edge_siamese.tflite.model_card import read_card
from tests.doubles import embedder_card

CARD = embedder_card(64)
OLD, NEW = RenewalKey(bytes(32)), RenewalKey(bytes([7] * 32))
ROWS = np.random.default_rng(1).integers(-100, 101, (3, 64)).astype(np.int8)


def plain() -> Gallery:
    return Gallery.empty(CARD).with_people({name: ROWS[place][None] for place, name in enumerate("abc")})


def probe(key: RenewalKey) -> Embedding:
    return key.embedding(Embedding(ROWS[1], CARD.zero_point, CARD.digest))


def test_people_are_found_with_the_key_after_renewal_and_rotation() -> None:
    first = renew(plain(), CARD, OLD)
    second = renew(first, CARD, NEW, OLD)
    for gallery, key in ((first, OLD), (second, NEW)):
        assert gallery.identify(probe(key), threshold=0.9).identity == "b"
        gallery.require(key.card(CARD))
    with pytest.raises(OtherEmbedderError):
        second.identify(probe(OLD), threshold=0.9)
    with pytest.raises(OtherEmbedderError):
        first.scores(Embedding(ROWS[1], CARD.zero_point, CARD.digest))


def test_a_wrong_or_the_same_key_is_rejected() -> None:
    first = renew(plain(), CARD, OLD)
    with pytest.raises(OtherEmbedderError):
        renew(first, CARD, NEW)
    with pytest.raises(OtherEmbedderError):
        renew(first, CARD, OLD, NEW)
    with pytest.raises(GalleryError, match="the new key is the old one"):
        renew(first, CARD, OLD, OLD)


def test_the_command_makes_a_key_and_rotates(tmp_path: Path) -> None:
    card = read_card(default_model("embedder"))
    rows = np.random.default_rng(1).integers(-100, 101, (2, card.dimension)).astype(np.int8)
    Gallery.empty(card).with_people({"a": rows[:1], "b": rows[1:]}).save(tmp_path / "plain.esg")
    paths = [str(tmp_path / name) for name in ("plain.esg", "one.esg", "two.esg", "one.key", "two.key")]
    run = CliRunner()
    answer = run.invoke(command, [paths[0], "-o", paths[1], "--key", paths[3], "--make-key"])
    assert answer.exit_code == 0, answer.output
    answer = run.invoke(
        command, [paths[1], "-o", paths[2], "--key", paths[4], "--old-key", paths[3], "--make-key", "--json"]
    )
    assert answer.exit_code == 0, answer.output
    key = RenewalKey.read(Path(paths[4]))
    assert key.identifier in answer.stdout
    Gallery.open(paths[2]).require(key.card(card))


def test_an_engine_with_a_key_enrolls_and_identifies_in_renewed_galleries(tmp_path: Path) -> None:
    from edge_siamese.engine import FaceEngine
    from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait

    NEW.write(tmp_path / "a.key")
    anna, ben = (Person.from_seed(seed) for seed in DEMO_SEEDS[:2])
    with FaceEngine.open(renewal_key=tmp_path / "a.key") as engine, FaceEngine.open() as plain_engine:
        photos = [render_portrait(anna, View(yaw=yaw)).image for yaw in (-10.0, 10.0)]
        gallery = Gallery.empty(engine.embedder_card).enroll("Anna", photos, engine=engine)
        found = [engine.analyze(render_portrait(person, View(yaw=5.0)).image)[0] for person in (anna, ben)]
        assert [decision.identity for decision in gallery.identify(found)] == ["Anna", None]
        with pytest.raises(OtherEmbedderError):
            gallery.identify(plain_engine.analyze(photos[0])[0])
        with_plain = Gallery.empty(plain_engine.embedder_card).enroll("Anna", photos, engine=plain_engine)
        changed = renew(with_plain, plain_engine.embedder_card, NEW)
        assert changed.identify(found[0]).identity == "Anna"


def test_templates_of_4_bits_keep_them() -> None:
    first = renew(plain().with_four_bits(), CARD, OLD)
    second = renew(first, CARD, NEW, OLD)
    for gallery, key in ((first, OLD), (second, NEW)):
        assert gallery.bits == 4
        assert gallery.identify(probe(key), threshold=0.9).identity == "b"
