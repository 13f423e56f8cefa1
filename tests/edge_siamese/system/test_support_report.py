"""The support report has what helps, and nothing of anybody."""

import json
import zipfile
from pathlib import Path

import pytest

from edge_siamese.cli import support_report as command
from edge_siamese.cli.main import main
from edge_siamese.gallery import Gallery
from edge_siamese.system.support_report import event_counts, gallery_summary
from tests.doubles import PatternAnalyzer, pattern_image

PRIVATE = ("Zoë", "hunter2", "broker.lan", "10.1.2.3", "secret-path", "/dev/secretcam", "family")


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> zipfile.ZipFile:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "examine", lambda host: [])
    engine = PatternAnalyzer()
    gallery = Gallery.empty(engine.embedder_card, {}).enroll("Zoë", [pattern_image("zoe", 1)], engine=engine)
    gallery.save(tmp_path / "family.esg")
    lines = [
        {"event": "decision", "decision": "match", "reason": "ok", "identity": "Zoë"},
        {"event": "decision", "decision": "undecided", "reason": "too_small", "identity": None},
        {"event": "camera_lost", "decision": None, "reason": None, "detail": {"why": "10.1.2.3"}},
    ]
    (tmp_path / "events.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n{broken\n")
    Path("edge-siamese.toml").write_text(
        '[run]\ncamera = "rtsp://anna:hunter2@10.1.2.3/secret-path"\ngallery = "family.esg"\nevents = "events.jsonl"\n'
        'gpio-person = ["Zoë"]\nwebhook = "https://broker.lan/secret-path"\ntarget-fpir = 0.02\n'
    )
    with pytest.raises(SystemExit) as ended:
        main(["support-report", "-o", "report.zip"])
    assert not ended.value.code
    return zipfile.ZipFile("report.zip")


def test_it_has_versions_settings_and_counts(report: zipfile.ZipFile) -> None:
    content = {name: json.loads(report.read(name)) for name in report.namelist()}
    assert content["configuration.json"]["target-fpir"] == 0.02
    assert content["configuration.json"]["webhook"] == "(set)"
    assert content["gallery.json"]["identities"] == 1
    assert content["events.json"] == {
        "decision match (ok)": 1, "decision undecided (too_small)": 1, "camera_lost": 1, "(unreadable line)": 1,
    }  # fmt: skip
    assert "numpy" in content["packages.json"]
    assert content["host.json"]["cores"] >= 1
    assert {finding["check"] for finding in content["doctor.json"]} >= {"clock", "gallery", "disk"}


def test_it_has_no_names_faces_passwords_or_addresses(report: zipfile.ZipFile) -> None:
    text = "".join(report.read(name).decode() for name in report.namelist())
    assert [word for word in PRIVATE if word in text or json.dumps(word)[1:-1] in text] == []
    assert 'templates": [' not in text


def test_files_that_cannot_be_read_are_said_without_their_names(tmp_path: Path) -> None:
    (tmp_path / "family.esg").write_text("no gallery")
    assert "family" not in json.dumps(gallery_summary(tmp_path / "family.esg"))
    assert event_counts(tmp_path / "absent.jsonl") == {"problem": "No such file or directory"}
