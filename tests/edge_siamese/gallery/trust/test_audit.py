"""The audit log records every change, and shows any change of itself."""

import json
from pathlib import Path

import pytest

from edge_siamese.errors import DataError
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.delivery.install import install, roll_back
from edge_siamese.gallery.lifecycle.erasure import erase
from edge_siamese.gallery.trust.audit import append_entry, verify_log


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "audit.jsonl"
    for number in range(4):
        append_entry(path, "write", sequence=number)
    return path


def test_a_whole_log_is_a_chain(log: Path) -> None:
    last = json.loads(log.read_text().splitlines()[-1])["hash"]
    assert verify_log(log) == (4, last)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda lines: [lines[0].replace("write", "erase"), *lines[1:]], "line 1: the entry was changed"),
        (lambda lines: [lines[0], *lines[2:]], "line 2: an entry before it was removed, added or changed"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "line 1: an entry before it was removed"),
        (lambda lines: [*lines, "{}"], "line 5: expected an entry of an audit log"),
    ],
)
def test_every_change_of_the_log_is_noticed(log: Path, change: object, sentence: str) -> None:
    lines = log.read_text().splitlines()
    log.write_text("\n".join(change(lines)) + "\n")  # type: ignore[operator]
    with pytest.raises(DataError, match=sentence):
        verify_log(log)


def test_what_a_killed_writer_left_is_cut_off(log: Path) -> None:
    log.write_bytes(log.read_bytes() + b'{"event": "wri')
    append_entry(log, "write", sequence=9)
    assert verify_log(log)[0] == 5


def test_every_change_of_a_gallery_is_recorded_without_names(
    tmp_path: Path, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, path, folder = tmp_path / "audit.jsonl", tmp_path / "people.esg", tmp_path / "slots"
    monkeypatch.setenv("EDGE_SIAMESE_TRUST_AUDIT_LOG", str(log))
    saved = gallery.save(path)
    install(path, folder)
    saved.without("ben").save(path)
    install(path, folder)
    roll_back(folder)
    erase("anna", [folder])
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    events = [(entry["event"], len(entry["added"]), len(entry["removed"])) for entry in entries]
    assert events == [
        ("write", 2, 0),
        ("install", 2, 0),
        ("write", 0, 1),
        ("install", 0, 1),
        ("rollback", 1, 0),
        ("erase", 0, 1),
    ]
    assert "anna" not in log.read_text()
    assert verify_log(log)[0] == 6


def test_a_change_that_failed_is_recorded_as_such(
    tmp_path: Path, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "audit.jsonl"
    gallery.save(tmp_path / "people.esg")
    monkeypatch.setenv("EDGE_SIAMESE_TRUST_AUDIT_LOG", str(log))

    def full(*paths: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space left"):
        Gallery.open(tmp_path / "people.esg").without("ben").save(tmp_path / "people.esg")
    assert [json.loads(line)["event"] for line in log.read_text().splitlines()] == ["write", "failed"]


def test_a_log_that_cannot_be_written_stops_the_change(
    tmp_path: Path, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "people.esg"
    gallery.save(path)
    before = path.read_bytes()
    monkeypatch.setenv("EDGE_SIAMESE_TRUST_AUDIT_LOG", "/proc/audit.jsonl")
    with pytest.raises(OSError, match=r"/proc/audit\.jsonl"):
        Gallery.open(path).without("ben").save(path)
    assert path.read_bytes() == before
