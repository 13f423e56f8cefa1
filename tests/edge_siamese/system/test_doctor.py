"""The doctor finds what is wrong, says it in a sentence and names a remedy."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge_siamese.errors import ModelError, RuntimeMissingError, SelfTestError
from edge_siamese.installation import install_command
from edge_siamese.system import doctor
from edge_siamese.system.doctor import Finding, Status
from edge_siamese.system.host import HostInfo
from edge_siamese.tflite import model_card
from edge_siamese.tflite.model_card import ModelCard
from tests.doubles import AnalyzerDouble, embedder_card

PI = HostInfo("Raspberry Pi 4 Model B", "Cortex-A72", 4, "ondemand", 50.0, (), "Debian aarch64", "3.11.2")


def only(findings: doctor.Findings) -> Finding:
    (finding,) = findings
    assert bool(finding.remedy) == (finding.status is not Status.OK)
    return finding


def write(root: Path, name: str, text: str = "") -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("running", "status"),
    [((3, 10), Status.WARN), ((3, 11), Status.OK), ((3, 13), Status.OK), ((3, 14), Status.WARN)],
)
def test_untested_pythons_are_warned_of(running: tuple[int, int], status: Status) -> None:
    assert only(doctor.check_python(running)).status is status


@pytest.mark.parametrize(
    ("versions", "installed", "status", "about"),
    [
        ({"numpy": "2.4.6"}, {"tflite-runtime"}, Status.FAIL, "tflite-runtime"),
        ({"numpy": "2.4.6", "cv2": "5.0.0"}, {"opencv-python-headless"}, Status.WARN, "OpenCV 5"),
        ({"cv2": "4.11.0"}, {"opencv-python", "opencv-python-headless"}, Status.WARN, "over each other"),
    ],
)
def test_releases_that_do_not_go_together(
    versions: dict[str, str], installed: set[str], status: Status, about: str
) -> None:
    finding = only(doctor.conflicts(versions, installed))
    assert finding.status is status
    assert about in finding.sentence


def test_releases_that_go_together() -> None:
    good = [({"numpy": "1.26.4", "cv2": "4.11.0"}, {"tflite-runtime"}), ({"numpy": "2.4.6"}, {"ai-edge-litert"})]
    assert [list(doctor.conflicts(versions, installed)) for versions, installed in good] == [[], []]


def test_numpy_2_breaks_the_camera_of_bookworm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(doctor.platform, "freedesktop_os_release", lambda: {"VERSION_CODENAME": "bookworm"})
    assert "picamera2" in only(doctor.conflicts({"numpy": "2.0.0"}, set())).sentence


def test_packages_that_cannot_be_imported_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    findings = {finding.check: finding.status for finding in doctor.check_packages()}
    assert findings["numpy"] is Status.OK
    assert findings["cv2"] is Status.FAIL


def test_the_runtime_is_named_or_its_absence_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    from edge_siamese.tflite import runtime

    monkeypatch.setattr(runtime, "find_runtime", lambda: runtime.Runtime("ai-edge-litert", "2.3.0", None))
    assert only(doctor.check_runtime()).sentence == "ai-edge-litert 2.3.0"

    def missing() -> None:
        raise RuntimeMissingError("no TFLite runtime")

    monkeypatch.setattr(runtime, "find_runtime", missing)
    assert only(doctor.check_runtime()) == Finding(
        "runtime", Status.FAIL, "no TFLite runtime", install_command("ai-edge-litert")
    )


def test_models_show_digests_and_terms(monkeypatch: pytest.MonkeyPatch) -> None:

    def read(path: Path) -> ModelCard:
        return embedder_card(4, name=path.stem, license="research use")

    monkeypatch.setattr(model_card, "read_card", read)
    sentences = [finding.sentence for finding in doctor.check_models()]
    assert sentences == [
        f"embedder embedder, SHA-256 {'ab' * 32}",
        f"detector detector, SHA-256 {'ab' * 32}",
        "the shipped weights: research use",
    ]


def test_a_damaged_model_fails(monkeypatch: pytest.MonkeyPatch) -> None:

    def damaged(path: Path) -> None:
        raise ModelError(f"{path.name}: damaged")

    monkeypatch.setattr(model_card, "read_card", damaged)
    assert only(doctor.check_models()).status is Status.FAIL


@pytest.mark.parametrize("error", [None, SelfTestError("wrong"), ImportError("no numpy")])
def test_each_delegate_is_put_to_the_proof(error: Exception | None, monkeypatch: pytest.MonkeyPatch) -> None:
    from edge_siamese.engine import FaceEngine

    asked = []

    def default(*, delegate: str) -> Any:
        asked.append(delegate)
        if error:
            raise error
        return AnalyzerDouble(embedder_card(4))

    monkeypatch.setattr(FaceEngine, "default", default)
    finding = only(doctor.check_self_test("reference"))
    assert asked == ["reference"]
    assert finding.status is (Status.FAIL if error else Status.OK)


@pytest.mark.parametrize(
    ("connected", "library", "status"),
    [(False, False, Status.OK), (True, False, Status.WARN), (True, True, Status.OK), (False, True, Status.OK)],
)
def test_a_coral_needs_its_library(tmp_path: Path, connected: bool, library: bool, status: Status) -> None:
    if connected:
        write(tmp_path, "sys/bus/usb/devices/1-1/idVendor", "18d1\n")
        write(tmp_path, "sys/bus/usb/devices/1-1/idProduct", "9302\n")

    def load(name: str) -> object:
        if not library:
            raise OSError(name)
        return object()

    assert only(doctor.check_edge_tpu(tmp_path, load)).status is status


def test_picamera2_is_only_asked_for_on_a_raspberry_pi(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(doctor.check_picamera(replace(PI, model="ThinkPad"))) == []
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)
    assert only(doctor.check_picamera(PI)).status is Status.WARN


def test_an_environment_that_hides_picamera2_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(doctor.sys, "prefix", str(tmp_path))
    write(tmp_path, "pyvenv.cfg", "include-system-site-packages = false\n")
    assert "--system-site-packages" in only(doctor.check_picamera(PI)).remedy
    write(tmp_path, "pyvenv.cfg", "include-system-site-packages = true\n")
    assert "apt install" in only(doctor.check_picamera(PI)).remedy


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (PI, Status.OK),
        (replace(PI, governor="powersave"), Status.WARN),
        (replace(PI, temperature=82.0), Status.WARN),
        (replace(PI, throttling=("under-voltage",)), Status.WARN),
        (replace(PI, governor=None, temperature=None, throttling=None), Status.OK),
    ],
)
def test_what_slows_a_board_down(host: HostInfo, status: Status) -> None:
    state, system = doctor.check_board(host)
    assert state.status is status
    assert system.sentence == "Debian aarch64, Python 3.11.2"


def test_cameras_are_listed_with_their_names(tmp_path: Path) -> None:
    assert only(doctor.check_cameras(tmp_path)).status is Status.WARN
    write(tmp_path, "dev/video0")
    write(tmp_path, "dev/video1")
    write(tmp_path, "sys/class/video4linux/video0/name", "HD Webcam\n")
    assert only(doctor.check_cameras(tmp_path)).sentence == "/dev/video0 (HD Webcam), /dev/video1 (unnamed)"


def test_an_examination_covers_everything(tmp_path: Path) -> None:
    checks = [finding.check for finding in doctor.examine(tmp_path, PI)]
    expected = ["python", "numpy", "cv2", "runtime", "models", "self-test xnnpack", "self-test reference"]
    assert [check for check in expected if check not in checks] == []
    assert checks[-4:] == ["host", "system", "cameras", "galleries"]


def test_the_policy_about_galleries_is_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("edge_siamese.gallery.trust.policy.search_paths", lambda: [tmp_path / "system.toml"])
    assert only(doctor.check_trust()).sentence.startswith("unsigned ones are accepted, older ones accepted; 0 trusted")
    (tmp_path / "system.toml").write_text("[trust]\nrequire-signature = true\nsequence-state = 'state.json'\n")
    shown, warned = doctor.check_trust()
    assert shown.sentence.startswith("unsigned ones are rejected, older ones rejected (")
    assert (warned.status, "every gallery is rejected" in warned.sentence) == (Status.FAIL, True)
    (tmp_path / "system.toml").write_text("[trust]\nrevoked-keys = 'absent.txt'\n")
    found = only(doctor.check_trust())
    assert (found.status, "absent.txt: cannot be read" in found.sentence) == (Status.FAIL, True)
