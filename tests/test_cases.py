"""Inputs that once failed, from the folder that EDGE_SIAMESE_CASES names, and what has to happen with each.

Every kind of fault has its own regression test beside the code, on inputs the tests make themselves. This module runs
the collected inputs as a person would: through the command line, in a process of its own.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese import FaceEngine, Gallery, read_image
from edge_siamese.errors import DataError
from edge_siamese.image_io import write_image
from edge_siamese.rendering import render_background

CASES = Path(os.environ.get("EDGE_SIAMESE_CASES") or "absent")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CASES.is_dir(), reason="EDGE_SIAMESE_CASES does not name the folder of collected cases"),
]


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        (line,) = self.out.splitlines()
        report: dict[str, Any] = json.loads(line)
        return report

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Ended]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run_command(*arguments: object, timeout: float = 300) -> Ended:
        words = [str(word) for word in arguments]
        done = subprocess.run(
            [sys.executable, "-m", "edge_siamese", *words],
            cwd=tmp_path, capture_output=True, text=True, timeout=timeout, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return Ended(done.returncode, done.stdout, done.stderr)

    return run_command


@pytest.fixture
def family(run: Run, tmp_path: Path) -> Path:
    """A gallery of three people."""
    done = run("gallery", "build", CASES / "03_nested" / "data" / "train", "-o", tmp_path / "family.esg")
    assert done.code == 0, done.err
    return tmp_path / "family.esg"


def test_a1_a_person_is_not_enrolled_from_somebody_elses_face(run: Run, tmp_path: Path) -> None:
    built = run("gallery", "build", CASES / "01_group" / "people", "-o", "g.esg", "--json")
    if built.code == 0:
        report = run("identify", CASES / "01_group" / "probe_B.jpg", "--gallery", tmp_path / "g.esg", "--json").report
        assert [result["identity"] for result in report["results"]] != ["A"]
    else:
        assert built.code == 2
        assert "A/0.jpg" in built.err
        assert "faces" in built.err


def test_a2_two_names_of_one_person_are_ambiguous_and_named(run: Run) -> None:
    built = run("gallery", "build", CASES / "02_two_names" / "people", "-o", "g.esg")
    assert "Mia" in built.err
    assert "Mia2" in built.err
    if built.code:
        assert built.code == 2
        built = run("gallery", "build", CASES / "02_two_names" / "people", "-o", "g.esg", "--allow-look-alike")
    assert built.code == 0
    report = run("identify", CASES / "02_two_names" / "probe.jpg", "--gallery", "g.esg", "--json").report
    (result,) = report["results"]
    assert (result["decision"], result["reason"], result["identity"]) == ("undecided", "ambiguous", None)


@pytest.mark.parametrize("place", ["03_nested/data", "14_nested_top.zip"])
def test_a3_people_one_folder_deeper_are_found_and_that_is_reported(run: Run, place: str) -> None:
    done = run("gallery", "build", CASES / place, "-o", "g.esg", "--json")
    assert done.code == 0, done.err
    assert done.report["identities"] >= 3
    assert "train" in done.err or "people" in done.err


def test_a3_evaluate_has_impostors(run: Run) -> None:
    done = run("evaluate", CASES / "03_nested" / "data", "--bootstrap", 0, "--json")
    assert done.code == 0, done.err
    assert done.report["impostor_pairs"] > 0


def test_a5_content_decides_what_is_an_image(run: Run) -> None:
    done = run("gallery", "build", CASES / "04_suffix" / "people", "-o", "g.esg", "--json")
    assert done.code == 0, done.err
    assert done.report["identities"] == 2


def test_a5_heic_files_are_named_with_the_way_out(run: Run) -> None:
    done = run("gallery", "build", CASES / "13_heic", "-o", "g.esg")
    assert done.code == 2
    assert "HEIC" in done.err
    assert "Ben" in done.err


def test_a6_six_parallel_writers_lose_nobody(run: Run, family: Path) -> None:
    photo = next((CASES / "02_two_names" / "people" / "Leo").iterdir())
    people = {path.parent.name: path for path in sorted((CASES / "02_two_names" / "people").glob("*/0.jpg"))}
    words = [
        [sys.executable, "-m", "edge_siamese", "gallery", "add", family, f"New{number}", photo, "--allow-look-alike"]
        for number in range(6)
    ]
    assert people
    started = [subprocess.Popen([str(word) for word in each], stderr=subprocess.PIPE, text=True) for each in words]
    ended = [(process.wait(timeout=300), process.stderr.read() if process.stderr else "") for process in started]
    for process in started:
        if process.stderr:
            process.stderr.close()
    names = Gallery.open(family).names
    added = [f"New{number}" for number, (code, _) in enumerate(ended) if code == 0]
    assert set(added) <= set(names), ended
    assert len(added) == 6, ended


def test_a7_thresholds_are_floats_in_the_api(family: Path) -> None:
    gallery = Gallery.open(family)
    with FaceEngine.default() as engine:
        (face,) = engine.analyze(read_image(CASES / "05_rotated" / "upright.jpg"))
        decision = gallery.identify(face)
        assert decision.threshold is not None
        assert 0 < decision.threshold < 1
        if decision.score is not None:
            assert -1 <= decision.score <= 1


@pytest.mark.parametrize("turned", ["r90.jpg", "r180.jpg"])
def test_a9_a_turned_photo_is_not_another_person(run: Run, turned: str) -> None:
    folder = CASES / "05_rotated"
    done = run("verify", folder / "upright.jpg", folder / turned, "--json")
    assert done.code == 0, done.err
    assert done.report["is_match"] or done.report["reason"] == "pose"


@pytest.mark.parametrize("condition", ["mask blue", "sunglasses black", "frames black", "dark x0.1", "infrared spot"])
def test_a11_strangers_who_share_a_condition_match_no_more_often_than_promised(run: Run, condition: str) -> None:
    data = os.environ.get("EDGE_SIAMESE_DATA")
    if not data:
        pytest.skip("EDGE_SIAMESE_DATA does not name a folder with photos of many people")
    done = run(
        "bench", "conditions", Path(data) / "lfw_dev.zip", "--people", "150", "--photos", "1", "--condition", condition,
        "--json", timeout=1800,
    )  # fmt: skip
    assert done.code == 0, done.err
    plain, result = done.report["results"]
    assert plain["compared"]["rate"] > 0.99
    assert result["gated"]["rate"] <= 0.003


@pytest.mark.parametrize("rate", ["nan", "-1", "0", "2", "inf"])
def test_b1_a_rate_that_is_none_is_bad_usage(run: Run, rate: str) -> None:
    photo = CASES / "05_rotated" / "upright.jpg"
    assert run("verify", photo, photo, "--target-fmr", rate).code == 2


def test_b1_a_rate_beyond_the_evidence_is_said(run: Run) -> None:
    photo = CASES / "05_rotated" / "upright.jpg"
    done = run("verify", photo, photo, "--target-fmr", "1e-9")
    assert done.code == 0
    assert "1e-09" in done.err


def test_b2_a_network_with_its_own_rescaling_is_converted_rightly_or_rejected(run: Run, tmp_path: Path) -> None:
    data = os.environ.get("EDGE_SIAMESE_DATA")
    if not data or shutil.which("true") is None:
        pytest.skip("EDGE_SIAMESE_DATA does not name a folder with people to prove a conversion on")
    done = run("convert", CASES / "08_rescaling.keras", Path(data) / "celeba_dev.zip", "-o", "m.tflite", timeout=900)
    if done.code == 0:
        assert "scal" in done.err.lower()
    else:
        assert "chance" in done.err


def test_b3_a_bad_frame_does_not_end_a_video(run: Run, family: Path) -> None:
    done = run("run", "--camera", CASES / "06_bad_frame.avi", "--gallery", family, "--json")
    assert done.code == 0, done.err
    stopped = done.events[-1]
    assert stopped["event"] == "stopped"
    assert stopped["detail"]["frames"] >= 38


def test_b4_one_engine_serves_four_threads() -> None:
    photos = [read_image(path) for path in sorted(CASES.glob("03_nested/data/train/*/0.jpg"))]
    with FaceEngine.default() as engine:
        alone = [engine.analyze(photo)[0].embedding for photo in photos]

        def same(number: int) -> bool:
            found = engine.analyze(photos[number % len(photos)])[0].embedding
            expected = alone[number % len(photos)]
            assert found is not None
            assert expected is not None
            return bool(np.array_equal(found.values, expected.values))

        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(same, range(200)))
    assert threading.active_count() < 10


def test_b5_arrays_of_the_wrong_kind_are_one_sentence() -> None:
    photo = read_image(CASES / "05_rotated" / "upright.jpg")
    with FaceEngine.default() as engine:
        expected = len(engine.analyze(photo))
        assert len(engine.analyze(photo[..., 0])) == expected
        assert len(engine.analyze(np.dstack([photo, photo[..., :1]]))) == expected
        for wrong in (photo / 255.0, photo.astype(np.uint16) * 257, photo[:0, :0], None):
            with pytest.raises(DataError, match="expected"):
                engine.analyze(wrong)  # type: ignore[arg-type]


def test_b7_two_cameras_an_empty_one_and_a_text_file_are_bad_usage(run: Run, family: Path, tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("not a video\n" * 100)
    assert run("run", "--camera", "", "--gallery", family).code == 2
    assert run("run", "--camera", text, "--gallery", family).code == 2
    assert run("run", "--camera", text, "--camera", text, "--gallery", family).code == 2


def test_b8_a_day_in_the_past_is_rejected_and_shown_dates_are_printed(run: Run, family: Path) -> None:
    photo = CASES / "02_two_names" / "people" / "Leo" / "0.jpg"
    assert run("gallery", "add", family, "Leo", photo, "--retain-until", "2001-01-01").code == 2
    assert (
        run(
            "gallery",
            "add",
            family,
            "Leo",
            photo,
            "--allow-look-alike",
            "--retain-until",
            "2999-12-31",
            "--consent",
            "paper 7",
        ).code
        == 0
    )
    shown = run("gallery", "show", family)
    assert "2999-12-31" in shown.out
    assert "paper 7" in shown.out


def test_c1_a_thin_image_ends_nothing(run: Run, family: Path) -> None:
    done = run("run", "--camera", CASES / "15_thin", "--gallery", family, "--json")
    assert done.code == 0, done.err
    assert done.events[-1]["event"] == "stopped"


def test_c2_too_many_draws_are_bad_usage(run: Run) -> None:
    assert run("evaluate", CASES / "03_nested" / "data", "--bootstrap", "99999999999").code == 2


@pytest.mark.parametrize("folder", ["07_pairs_bom", "07_pairs_utf16"])
def test_c3_lists_of_pairs_from_windows_are_read(run: Run, folder: str) -> None:
    done = run("evaluate", CASES / folder, "--bootstrap", 0, "--json")
    assert done.code in (0, 2), done.err
    if done.code == 0:
        assert done.report["protocol"] == "lfw-pairs"
    else:
        assert "pairs" in done.err


def test_c6_one_broken_photo_does_not_take_the_others_answers(run: Run, family: Path, tmp_path: Path) -> None:
    good = CASES / "05_rotated" / "upright.jpg"
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(good.read_bytes()[:900])
    done = run("identify", good, broken, good, "--gallery", family, "--json")
    assert done.code not in (0, 3)
    assert "broken.jpg" in done.err
    assert len([result for result in done.report["results"] if result["decision"]]) >= 2


def test_d_the_page_speaks_to_people(family: Path, tmp_path: Path) -> None:
    httpx = pytest.importorskip("httpx", reason="the page is asked with httpx")
    pytest.importorskip("fastapi", reason="the page needs the extra 'web'")
    (heic,) = list((CASES / "13_heic").rglob("*.heic"))[:1]
    good, wall = CASES / "05_rotated" / "upright.jpg", tmp_path / "wall.png"
    write_image(wall, render_background((240, 320), seed=3))
    command = [sys.executable, "-m", "edge_siamese", "preview", "--gallery", str(family), "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        page = httpx.Client(base_url=json.loads(process.stdout.readline())["url"], timeout=60)

        def compared(other: Path) -> dict[str, Any]:
            files = {"first": (good.name, good.read_bytes()), "second": (other.name, other.read_bytes())}
            answer: dict[str, Any] = page.post("/api/v1/verify", files=files).json()
            return answer

        about = page.get("/api/v1/about").json()
        assert about["research_only"] is True
        assert "research and evaluation" in page.get("/license").text
        assert about["words"]["compare"] == "about 1 in 1,000 strangers would pass"
        assert compared(good)["words"]["title"] == "Same person"
        assert "Most Compatible" in " ".join(compared(heic)["advice"])
        assert "looks at the camera" in " ".join(compared(wall)["advice"])
        people = page.get("/api/v1/gallery").json()["people"]
        assert [person["name"] for person in people] == list(Gallery.open(family).names)
        known = {"photo": (good.name, good.read_bytes())}
        (face, *_) = page.post("/api/v1/identify", files=known).json()["results"]
        assert face["box"]
        assert face["words"]["title"]
        assert "getUserMedia" in page.get("/static/camera.js").text
        assert page.get("/static/photos.js").text.count("name: words.title") == 1
        process.terminate()
        assert process.wait(timeout=60) == 0
        page.close()


def test_a10_a_person_who_is_erased_on_the_page_is_not_named_by_the_loop(family: Path) -> None:
    httpx = pytest.importorskip("httpx", reason="the page is asked with httpx")
    pytest.importorskip("fastapi", reason="the page needs the extra 'web'")
    video = CASES / "06_bad_frame.avi"
    words = ["run", "--camera", video, "--realtime", "--gallery", family, "--web", ":0", "--json"]
    command = [sys.executable, "-m", "edge_siamese", *(str(word) for word in words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        url = process.stderr.readline().split("page: ")[1].strip()
        names = Gallery.open(family).names
        with httpx.Client(base_url=url, timeout=60) as page:
            for name in names[1:]:
                assert page.delete("/api/v1/gallery/people", params={"name": name}).status_code == 200
        out, err = process.communicate(timeout=120)
    events = [json.loads(line) for line in out.splitlines()]
    assert process.returncode == 0, err
    reloaded = [event for event in events if event["event"] == "gallery_reloaded"]
    assert reloaded[-1]["detail"]["identities"] == 1
    assert not {event["identity"] for event in events[events.index(reloaded[-1]) :]} & set(names[1:])
