"""``doctor`` prints its findings for people or as JSON, and its exit code tells whether the package can work."""

import json

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
    assert CliRunner().invoke(command.doctor).output.splitlines() == [
        "ok    numpy: numpy 2.4.6",
        "fail  runtime: no TFLite runtime",
        "      -> pip install ai-edge-litert",
    ]
