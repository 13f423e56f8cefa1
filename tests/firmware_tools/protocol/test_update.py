"""The firmware's messages, and updates of its gallery: whatever is lost, one whole gallery is in use."""

from dataclasses import replace

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.container.verdicts import GalleryVerdict
from edge_siamese.gallery.container.writer import encode
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait
from edge_siamese_firmware.frames import fit_frame
from edge_siamese_firmware.protocol.framing import encode_frame
from edge_siamese_firmware.protocol.kinds import MessageKind, UpdateStatus
from edge_siamese_firmware.protocol.messages import Message
from edge_siamese_firmware.protocol.update import BoardLink, update_gallery

from ..runtime_c.engine_twin import EMBEDDER, PAGE, SLOT_SIZE, EngineTwin, model_file
from .app import App, PowerCutError


def gallery(seed: int, people: int = 5, sequence: int = 1) -> bytes:
    """A gallery of the embedder with random templates."""
    rng = np.random.default_rng(seed)
    templates = {f"person {n}": rng.integers(-128, 128, (2, 256)).astype(np.int8) for n in range(people)}
    empty = Gallery.empty(model_file(EMBEDDER).card)
    return encode(replace(empty.with_people(templates), sequence=sequence))


OLD, NEW = gallery(0), gallery(1, people=20, sequence=2)


@pytest.fixture
def app(engine_twin: EngineTwin) -> App:
    return App(engine_twin.library)


def _in_use(messages: list[Message]) -> Message:
    return next(message for message in messages if message.kind is MessageKind.GALLERY)


def _sequence(app: App) -> int:
    return int(_in_use(app.boot()).fields["sequence"])


def test_boot_tells_what_it_is(app: App) -> None:
    messages = app.boot(OLD, b"")
    assert [message.kind for message in messages] == [MessageKind.HELLO, MessageKind.SELF_TEST, MessageKind.GALLERY]
    hello, test, found = (message.fields for message in messages)
    assert hello["embedder"].hex() == model_file(EMBEDDER).card.digest[:32]
    assert (hello["slot_size"], hello["page"], hello["format"]) == (SLOT_SIZE, PAGE, "rgb888")
    assert (test["detector"], test["embedder"]) == (1, 1)
    assert (found["slot"], found["sequence"], found["people"]) == (0, 1, 5)
    assert found["verdict_b"] is GalleryVerdict.NO_GALLERY


@pytest.mark.parametrize(
    ("a", "b", "used"), [(OLD, NEW, 1), (NEW, OLD, 0), (OLD, NEW[:-1] + b"\x01", 0), (b"", b"", 255)]
)
def test_the_newest_whole_gallery_is_used(app: App, a: bytes, b: bytes, used: int) -> None:
    assert _in_use(app.boot(a, b)).fields["slot"] == used


def test_faces_are_named_over_the_line(app: App) -> None:
    app.boot(OLD, b"")
    image = fit_frame(render_portrait(Person.from_seed(DEMO_SEEDS[0]), View()).image, 320, 240)
    face, frame = app.step(b"", image.tobytes())
    assert (face.kind, frame.kind, frame.fields["faces"]) == (MessageKind.FACE, MessageKind.FRAME, 1)
    assert (face.to_json()["outcome"], face.to_json()["reason"], face.name) == ("unknown", "below_threshold", None)
    assert app.step(b"", bytes(230400))[0].fields["faces"] == 0


def test_the_watchdog_is_fed_between_the_runs_of_the_networks(app: App) -> None:
    app.boot(OLD, b"")
    before = app.library.twin_watchdog_calls()
    app.step(b"", bytes(230400))
    detector_runs, messages = 4, 1
    assert app.library.twin_watchdog_calls() - before >= detector_runs + messages


def test_an_update(app: App) -> None:
    app.boot(OLD, b"")
    done = update_gallery(BoardLink(app), NEW)
    assert (done.pages_sent, done.pages_kept) == (-(-len(NEW) // PAGE), (SLOT_SIZE - len(NEW)) // PAGE)
    assert app.slot(1)[: len(NEW)] == NEW
    assert app.slot(0)[: len(OLD)] == OLD
    assert _sequence(app) == 2


def test_a_shorter_gallery_over_a_longer_one(app: App) -> None:
    app.boot(OLD, NEW)
    update_gallery(BoardLink(app), gallery(2, people=1, sequence=3))
    assert _sequence(app) == 3
    assert app.slot(0)[len(gallery(2, people=1)) :].strip(b"\xff") == b""


def test_lost_messages_are_sent_again(app: App) -> None:
    app.boot(OLD, b"")
    app.lose = {0, 1, 5, 9, 10, 30}
    update_gallery(BoardLink(app), NEW)
    assert _sequence(app) == 2
    app.sent, app.lose = 0, set(range(100))
    with pytest.raises(DataError, match="did not answer STATUS after 4 tries"):
        update_gallery(BoardLink(app), NEW)


def test_an_interrupted_update_goes_on_where_it_was(app: App) -> None:
    app.boot(OLD, b"")
    app.cut_power(20)
    with pytest.raises(PowerCutError):
        update_gallery(BoardLink(app), NEW)
    assert _sequence(app) == 1
    done = update_gallery(BoardLink(app), NEW)
    assert 0 < done.pages_sent < len(NEW) // PAGE
    assert _sequence(app) == 2


def test_power_cut_at_every_flash_operation(app: App) -> None:
    """Every erase and every write, cut in its middle: the old gallery is in use, or the new one where the last write was done."""
    app.boot(OLD, b"\x55" * SLOT_SIZE)
    app.cut_power(10**6)
    update_gallery(BoardLink(app), NEW)
    operations = app.operations
    assert operations > 60
    for cut in range(operations + 1):
        app.boot(OLD, b"\x55" * SLOT_SIZE)
        app.cut_power(cut)
        if cut < operations:
            with pytest.raises(PowerCutError):
                update_gallery(BoardLink(app), NEW)
        else:
            update_gallery(BoardLink(app), NEW)
        assert _sequence(app) == (2 if cut == operations else 1)
        if cut % 8 == 0 or cut > operations - 3:
            update_gallery(BoardLink(app), gallery(3, sequence=3))
            assert _sequence(app) == 3


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (gallery(1, sequence=1), "the same or a later sequence"),
        (NEW[:64] + NEW[64:-16] + b"\x01" * 16, r"\(payload_crc\)"),
        (NEW[:24] + bytes(16) + NEW[40:], r"\(header_crc\)"),
        (bytes(SLOT_SIZE + 16), "does not fit a slot of the board"),
        (bytes(70), "no whole number of 16 bytes"),
    ],
)
def test_what_the_board_does_not_take(app: App, data: bytes, sentence: str) -> None:
    app.boot(OLD, b"")
    with pytest.raises(DataError, match=sentence):
        update_gallery(BoardLink(app), data)
    assert _sequence(app) == 1


def test_messages_out_of_order_and_garbage_change_nothing(app: App) -> None:
    app.boot(OLD, b"")
    before = app.slot(1)
    rng = np.random.default_rng(0)
    for kind in range(32, 40):
        for payload in (b"", bytes(4), bytes(8), bytes(64), b"\xff" * 300, rng.bytes(20)):
            answers = app.step(rng.bytes(50) + encode_frame(kind, 1, payload))
            statuses = [each.fields["status"] for each in answers if each.kind is MessageKind.UPDATE]
            assert not {UpdateStatus.COMMITTED, UpdateStatus.WRITTEN} & set(statuses)
    assert app.slot(1) == before
    assert app.slot(0)[: len(OLD)] == OLD
