"""The doctor's checks of clock, memory, disk, gallery, camera and broker."""

import os
import shutil
import socket
import sys
from collections import namedtuple
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edge_siamese.gallery import Gallery
from edge_siamese.system import deployment
from edge_siamese.system.doctor import Finding, Findings, Status
from tests.doubles import PatternAnalyzer, embedder_card, pattern_image
from tests.edge_siamese.events.conftest import PASSWORD, free_port, mosquitto

__all__ = ["mosquitto"]  # a fixture


def only(findings: Findings) -> Finding:
    (finding,) = findings
    assert bool(finding.remedy) == (finding.status is not Status.OK)
    return finding


@pytest.mark.parametrize(
    ("now", "status"), [(datetime(1970, 1, 1, tzinfo=UTC), Status.FAIL), (datetime(2026, 1, 31, tzinfo=UTC), Status.OK)]
)
def test_a_clock_that_was_never_set_is_a_failure(now: datetime, status: Status, tmp_path: Path) -> None:
    finding = only(deployment.check_clock(now, tmp_path))
    assert finding.status is status
    assert f"{now:%Y-%m-%d}" in finding.sentence


def test_a_clock_that_waits_for_the_network_is_a_warning(tmp_path: Path) -> None:
    now = datetime(2026, 1, 31, tzinfo=UTC)
    (tmp_path / "run/systemd/timesync").mkdir(parents=True)
    assert only(deployment.check_clock(now, tmp_path)).status is Status.WARN
    (tmp_path / "run/systemd/timesync/synchronized").touch()
    assert only(deployment.check_clock(now, tmp_path)).status is Status.OK


@pytest.mark.parametrize(("available", "status"), [(80_000, Status.WARN), (800_000, Status.OK)])
def test_little_memory_is_a_warning(tmp_path: Path, available: int, status: Status) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text(f"MemTotal: 926000 kB\nMemAvailable: {available} kB\n")
    assert only(deployment.check_memory(tmp_path)).status is status


def test_a_full_disk_is_a_warning_and_a_missing_folder_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    assert only(deployment.check_disk(tmp_path / "absent")).status is Status.FAIL
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 99 * 10**7, 10**7))
    assert only(deployment.check_disk(tmp_path)).status is Status.WARN
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**7, 99 * 10**7))
    assert only(deployment.check_disk(tmp_path)).status is Status.OK


def test_the_gallery_must_be_there_and_fit_the_embedder(tmp_path: Path) -> None:
    path, engine = tmp_path / "people.esg", PatternAnalyzer()
    assert "no gallery yet" in only(deployment.check_gallery(path, engine.embedder_card)).sentence
    Gallery.empty(engine.embedder_card, {}).save(path)
    assert "nobody is enrolled" in only(deployment.check_gallery(path, engine.embedder_card)).sentence
    Gallery.empty(engine.embedder_card, {}).enroll("anna", [pattern_image("anna", 1)], engine=engine).save(path)
    assert only(deployment.check_gallery(path, engine.embedder_card)).status is Status.OK
    other = embedder_card(engine.embedder_card.dimension or 64, digest="12" * 32)
    assert only(deployment.check_gallery(path, other)).status is Status.FAIL
    path.write_bytes(b"no gallery")
    assert only(deployment.check_gallery(path, None)).status is Status.FAIL


def test_a_camera_that_another_program_uses_is_named_with_that_program(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    device = tmp_path / "dev/video0"
    assert only(deployment.check_camera("0", tmp_path)).status is Status.FAIL
    device.touch()
    assert only(deployment.check_camera("0", tmp_path)).status is Status.OK
    (tmp_path / "proc/4242/fd").mkdir(parents=True)
    (tmp_path / "proc/4242/comm").write_text("motion\n")
    (tmp_path / "proc/4242/fd/3").symlink_to(device)
    finding = only(deployment.check_camera("0", tmp_path))
    assert (finding.status, finding.sentence) == (Status.WARN, "/dev/video0 is in use by motion (4242)")
    assert list(deployment.check_camera("rtsp://door.lan/1", tmp_path)) == []


@pytest.mark.skipif(os.getuid() == 0, reason="root may open everything")
def test_a_camera_without_permission_names_the_group(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/video0").touch(0o000)
    assert "usermod -aG video" in only(deployment.check_camera("/dev/video0", tmp_path)).remedy


def test_the_broker_is_asked(mosquitto: Any) -> None:
    from edge_siamese.events.broker import Broker

    port = mosquitto(login=True).port
    good, wrong = (Broker("127.0.0.1", port, "door", password) for password in (PASSWORD, "wrong"))
    assert only(deployment.check_broker(good)).status is Status.OK
    finding = only(deployment.check_broker(wrong))
    assert finding.sentence == f"mqtt://127.0.0.1:{port}: the broker rejects the user name or password"
    assert "Connection refused" in only(deployment.check_broker(Broker("127.0.0.1", free_port()))).sentence
    with socket.create_server(("127.0.0.1", 0)) as silent:
        broker = Broker("127.0.0.1", silent.getsockname()[1])
        assert "no answer within 0.3 s" in only(deployment.check_broker(broker, 0.3)).sentence


def test_this_machine_can_be_examined(tmp_path: Path) -> None:
    found = deployment.examine_deployment(deployment.Deployment(events=tmp_path / "events.jsonl"), None)
    assert {finding.check for finding in found} >= {"clock", "disk"}
    assert sys.platform != "linux" or "memory" in {finding.check for finding in found}
