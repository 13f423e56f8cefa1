"""``doctor`` prints its findings for people or as JSON, and its exit code tells whether the package can work."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge_siamese.cli import doctor as command
from edge_siamese.system.doctor import Finding, Status

GOOD = Finding("numpy", Status.OK, "numpy 2.4.6")
ODD = Finding("cameras", Status.WARN, "no video device found", "connect a camera")
BAD = Finding("runtime", Status.FAIL, "no TFLite runtime", "pip install ai-edge-litert")


@pytest.mark.parametrize(("findings", "code"), [([GOOD, ODD], 0), ([GOOD, BAD], 1)])
def test_exit_code(findings: list[Finding], code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "examine", lambda host: findings)
    monkeypatch.setattr(command, "examine_configured", list)
    assert CliRunner().invoke(command.doctor).exit_code == code
    answer = CliRunner().invoke(command.doctor, ["--json"])
    assert answer.exit_code == code
    report = json.loads(answer.stdout)
    assert report["schema"] == "edge-siamese/doctor/1"
    assert report["sound"] is (code == 0)
    assert [found["status"] for found in report["findings"]] == [str(finding.status) for finding in findings]
    assert report["host"]["cores"] >= 1


def test_remedies_stand_below_what_they_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "examine", lambda host: [GOOD, BAD])
    monkeypatch.setattr(command, "examine_configured", list)
    assert CliRunner().invoke(command.doctor).output.splitlines() == [
        "ok    numpy: numpy 2.4.6",
        "fail  runtime: no TFLite runtime",
        "      -> pip install ai-edge-litert",
    ]


def test_the_configured_gallery_camera_and_broker_are_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("paho.mqtt")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "examine", lambda host: [])
    Path("edge-siamese.toml").write_text(
        '[run]\ncamera = ["/dev/video87"]\ngallery = "none.esg"\nmqtt = "mqtt://127.0.0.1:9"\n'
    )
    answer = CliRunner().invoke(command.doctor, ["--json"])
    found = {each["check"]: each for each in json.loads(answer.stdout)["findings"]}
    assert {check: each["status"] for check, each in found.items() if check in ("camera", "gallery", "broker")} == {
        "gallery": "fail", "camera": "fail", "broker": "warn",
    }  # fmt: skip
    assert found["configuration"]["status"] == "ok"
    assert "no connection to mqtt://127.0.0.1:9 (Connection refused)" in found["broker"]["sentence"]
    assert answer.exit_code == 1


def test_a_wrong_configuration_is_a_finding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "examine", lambda host: [])
    Path("edge-siamese.toml").write_text("[run]\ncamra = 1\n")
    answer = CliRunner().invoke(command.doctor)
    assert answer.exit_code == 1
    assert "unknown key 'camra' in [run]; did you mean 'camera'?" in answer.output
