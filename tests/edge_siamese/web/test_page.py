"""The page in a real browser: what people do with it, and what it shows."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.decision import Decision, Outcome, Reason
from edge_siamese.engine import FaceEngine
from edge_siamese.events import EventMaker
from edge_siamese.face_result import FaceResult
from edge_siamese.faces import Face
from edge_siamese.frames import Frame
from edge_siamese.gallery import Gallery
from edge_siamese.image_io import read_image
from edge_siamese.matching import Q15, score_q15
from edge_siamese.web.live import LiveHub

Serve = Callable[..., Any]
SIZES = [(1280, 900), (390, 844)]
VIEWS = ("compare", "who", "people", "enroll")
TOKEN = "token-of-the-test-1234"


def score(engine: FaceEngine, *paths: Path) -> float:
    first, second = (engine.analyze(read_image(path))[0].embedding for path in paths)
    assert first is not None
    assert second is not None
    return score_q15(first, second) / Q15


def complaints(browser: Any) -> list[Any]:
    """Errors of scripts, and everything the content security policy or the network rejected; not what the page ended."""
    kinds = {"Runtime.exceptionThrown", "Log.entryAdded", "Network.loadingFailed"}
    found = [event for event in browser.events if event.get("method") in kinds]
    return [event for event in found if event["params"].get("type") != "EventSource"]


def choose_files(browser: Any, selector: str, *paths: Path) -> None:
    """Choose files in a file field."""
    root = browser.send("DOM.getDocument")["root"]["nodeId"]
    node = browser.send("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
    browser.send("DOM.setFileInputFiles", files=[str(path) for path in paths], nodeId=node)


@pytest.mark.parametrize(("other", "title"), [("again", "Same person"), ("ben", "Different people")])
def test_two_dropped_photos_are_compared(
    browser: Any, serve: Serve, photos: dict[str, Path], engine: FaceEngine, other: str, title: str
) -> None:
    with serve() as page:
        browser.open(page.url)
        browser.drop("#view-compare [data-field=first]", photos["ada"])
        browser.drop("#view-compare [data-field=second]", photos[other])
        lines = browser.answer().splitlines()
        assert title in lines
        browser.evaluate("document.querySelector('.verdict details').open = true")
        shown = f"{score(engine, photos['ada'], photos[other]):.3f}"
        assert any(line.startswith(f"Score {shown} is ") for line in browser.answer().splitlines())
        sizes = browser.evaluate(
            "[...document.querySelectorAll('.crop img')].map(i => [i.naturalWidth, i.naturalHeight])"
        )
        assert sizes == [[112, 112]] * 2
        assert browser.evaluate("document.querySelectorAll('#view-compare .boxes span').length") == 2
    assert complaints(browser) == []


def test_both_may_be_dropped_at_once_and_one_may_be_removed(
    browser: Any, serve: Serve, photos: dict[str, Path]
) -> None:
    with serve() as page:
        browser.open(page.url)
        browser.drop("h1", photos["ada"], photos["again"])
        answer = browser.answer()
        assert "Same person" in answer
        assert "about 1 in 1,000 strangers would pass" in answer
        browser.evaluate("document.querySelector('[data-field=second] .remove').click()")
        assert browser.evaluate("document.querySelector('#view-compare .answer').textContent") == ""
        browser.drop("[data-field=second]", photos["ben"])
        assert "Different people" in browser.answer()


def test_faces_of_a_photo_have_their_names_on_boxes(
    browser: Any, serve: Serve, photos: dict[str, Path], gallery_path: Path
) -> None:
    with serve(gallery=gallery_path) as page:
        browser.open(page.url)
        browser.go("who")
        browser.drop("#view-who [data-field=photo]", photos["both"])
        browser.answer()
        titles = browser.evaluate("[...document.querySelectorAll('#view-who .verdict h2')].map(h => h.textContent)")
        names = browser.evaluate("[...document.querySelectorAll('#view-who .boxes b')].map(b => b.textContent)")
        assert sorted(titles) == sorted(names) == ["Ada", "Unknown"]
        browser.wait_for("document.querySelector('#who-counters .bars')")
        assert "not like anybody in the gallery" in browser.evaluate(
            "document.getElementById('who-counters').textContent"
        )
        browser.drop("#view-who [data-field=photo]", photos["wall"])
        browser.wait_for("document.querySelector('#view-who .verdict h2')?.textContent === 'Cannot tell'")
        assert "looks at the camera" in browser.answer()
    assert complaints(browser) == []


def test_without_a_gallery_the_page_says_how_to_have_one(browser: Any, serve: Serve) -> None:
    with serve() as page:
        browser.open(page.url)
        for view in ("who", "enroll"):
            browser.go(view)
            assert "--gallery G.esg" in browser.answer()
        browser.go("people")
        assert "--gallery G.esg" in browser.evaluate("document.getElementById('people-lead').textContent")


@pytest.mark.parametrize(
    ("name", "sentence", "advice"),
    [
        ("wall", "wall.png: no face found.", "well lit"),
        ("letter", "letter.png: not a JPEG, PNG, WebP, BMP, PGM, PPM or TIFF image", ""),
        ("heic", "IMG_0001.HEIC: HEIC images are not read", "Most Compatible"),
    ],
)
def test_a_bad_photo_is_marked_with_a_sentence_and_advice(
    browser: Any, serve: Serve, photos: dict[str, Path], name: str, sentence: str, advice: str
) -> None:
    with serve() as page:
        browser.open(page.url)
        browser.drop("[data-field=first]", photos[name], photos["ada"])
        answer = browser.answer()
        assert answer.startswith(sentence)
        assert advice in answer
        assert browser.evaluate("[...document.querySelectorAll('.slot.bad')].map(s => s.dataset.field)") == ["first"]
        browser.drop("[data-field=first]", photos["again"])
        browser.wait_for("document.querySelector('.verdict')")
        assert "Same person" in browser.answer()


def test_a_photo_of_the_camera_is_taken_for_a_comparison(browser: Any, serve: Serve, photos: dict[str, Path]) -> None:
    with serve() as page:
        browser.open(page.url)
        browser.drop("[data-field=first]", photos["ada"])
        browser.evaluate("document.querySelector('[data-field=second] .capture').click()")
        browser.wait_for("document.getElementById('camera').open && !document.getElementById('camera-take').disabled")
        browser.evaluate("document.getElementById('camera-take').click()")
        assert browser.answer().startswith("Second photo.jpg: no face found.")
        assert not browser.evaluate("document.getElementById('camera').open")
        assert browser.evaluate("document.getElementById('camera-video').srcObject === null")


def test_without_camera_access_the_phone_takes_the_photo(browser: Any, serve: Serve, photos: dict[str, Path]) -> None:
    with serve() as page:
        browser.open(page.url)
        browser.evaluate("Object.defineProperty(navigator, 'mediaDevices', { value: undefined }); 0")
        browser.choose_file(
            lambda: browser.send(
                "Runtime.evaluate",
                expression="document.querySelector('[data-field=first] .capture').click()",
                userGesture=True,
            ),
            photos["ada"],
        )
        browser.wait_for("document.querySelector('[data-field=first]').classList.contains('full')")


def test_a_person_is_enrolled_from_photos_and_erased_after_a_question(
    browser: Any, serve: Serve, photos: dict[str, Path], gallery_path: Path
) -> None:
    with serve(gallery=gallery_path) as page:
        browser.open(page.url)
        browser.go("enroll")
        choose_files(browser, "#enroll-files", photos["ben"], photos["ben2"], photos["both"])
        browser.wait_for("document.querySelectorAll('.shot.good').length === 2")
        browser.wait_for("document.querySelector('.shot.bad')")
        assert "several faces" in browser.evaluate("document.querySelector('.shot.bad p').textContent")
        assert "2 good photos" in browser.evaluate("document.getElementById('enroll-progress').textContent")
        browser.evaluate("document.getElementById('enroll-save').click()")
        assert browser.answer() == "Enter the person's name."
        browser.evaluate("document.getElementById('enroll-name').value = '<b>Ben</b>'")
        browser.evaluate("document.getElementById('enroll-save').click()")
        browser.wait_for("document.querySelector('#enroll-answer .notice')")
        assert browser.answer().startswith("<b>Ben</b> is enrolled from 2 photos and has 1 template.")
        assert Gallery.open(gallery_path).names == ("<b>Ben</b>", "Ada", "Carla")
        browser.go("people")
        browser.wait_for("document.querySelectorAll('.person').length === 3")
        browser.evaluate("document.querySelector('[aria-label=\"Erase <b>Ben</b>\"]').click()")
        assert browser.evaluate("document.getElementById('erase-title').textContent") == "Erase <b>Ben</b>?"
        assert browser.evaluate("document.activeElement.id") == "erase-no"
        browser.evaluate("document.getElementById('erase-no').click()")
        assert len(Gallery.open(gallery_path).names) == 3
        browser.evaluate("document.querySelector('[aria-label=\"Erase <b>Ben</b>\"]').click()")
        browser.evaluate("document.getElementById('erase-yes').click()")
        browser.wait_for("document.querySelectorAll('.person').length === 2")
        assert Gallery.open(gallery_path).names == ("Ada", "Carla")
    assert complaints(browser) == []


def test_a_look_alike_is_enrolled_only_when_the_person_permits_it(
    browser: Any, serve: Serve, photos: dict[str, Path], gallery_path: Path
) -> None:
    with serve(gallery=gallery_path) as page:
        browser.open(page.url)
        browser.go("enroll")
        choose_files(browser, "#enroll-files", photos["ada"])
        browser.wait_for("document.querySelector('.shot.good')")
        browser.evaluate("document.getElementById('enroll-name').value = 'Dora'")
        browser.evaluate("document.getElementById('enroll-save').click()")
        browser.wait_for("document.querySelector('#enroll-answer .rejection')")
        assert "look like 'Ada'" in browser.answer()
        assert "Dora" not in Gallery.open(gallery_path).names
        browser.evaluate("document.getElementById('enroll-permit').click()")
        browser.evaluate("document.getElementById('enroll-save').click()")
        browser.wait_for("document.querySelector('#enroll-answer .notice')")
        assert "Dora" in Gallery.open(gallery_path).names


def test_the_camera_guides_through_an_enrollment(browser: Any, serve: Serve, gallery_path: Path) -> None:
    with serve(gallery=gallery_path) as page:
        browser.open(page.url)
        browser.go("enroll")
        browser.evaluate("document.getElementById('enroll-camera').click()")
        browser.wait_for("document.getElementById('camera').open && !document.getElementById('camera-take').disabled")
        guide = "document.getElementById('camera-guide').textContent"
        assert browser.evaluate(guide) == "Look straight at the camera."
        browser.evaluate("document.getElementById('camera-take').click()")
        browser.wait_for("document.querySelector('.shot.bad')")
        browser.wait_for(f"{guide}.startsWith('Not used: shows no face.')")
        browser.evaluate("document.getElementById('camera-close').click()")
        assert browser.evaluate("document.getElementById('enroll-save').disabled")


def test_a_page_without_permission_shows_no_controls_for_changes(
    browser: Any, serve: Serve, gallery_path: Path
) -> None:
    with serve(gallery=gallery_path, read_only=True) as page:
        browser.open(page.url)
        browser.go("people")
        browser.wait_for("document.querySelectorAll('.person').length === 2")
        assert browser.evaluate("document.querySelectorAll('.person button').length") == 0
        browser.go("enroll")
        assert browser.evaluate("[...document.getElementById('enroll-form').elements].every(e => e.disabled)")
        assert "--read-only" in browser.answer()


class Loop:
    """A loop that shows a face with Ada's name ten times a second."""

    def __init__(self, hub: LiveHub) -> None:
        self.hub, self._maker, self._ended = hub, EventMaker("door", {}), threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        self.hub.emit(self._maker.started(gallery="g.esg"))
        number = 0
        while not self._ended.wait(0.1):
            number += 1
            frame = Frame(np.full((240, 320, 3), 90, np.uint8), number, number, "door")
            face = Face(np.array((80, 60, 80, 120), np.float32), np.zeros((5, 2), np.float32), 0.9)
            decision = Decision(Outcome.MATCH, Reason.OK, "Ada", 30_000, None, 10_000)
            result = FaceResult(frame, face, 0, 1, decision, number == 1, 1)
            with self.hub.stages.stage("detect"):
                time.sleep(0.001)
            self.hub.show(result)
            if result.changed:
                self.hub.emit(self._maker.decision(result))

    def __enter__(self) -> "Loop":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self.hub.close()


def test_the_live_view_shows_faces_times_counters_and_events(browser: Any, serve: Serve, gallery_path: Path) -> None:
    hub = LiveHub()
    with serve(gallery=gallery_path, hub=hub) as page:
        with Loop(hub):
            browser.open(page.url)
            browser.wait_for("document.querySelector('#live-boxes b')")
            assert browser.evaluate("document.querySelector('#live-boxes b').textContent") == "Ada"
            assert browser.evaluate("document.getElementById('live-state').textContent") == "door: Ada"
            place = browser.evaluate(
                "(() => { const s = document.querySelector('#live-boxes span').style; return [s.left, s.top, s.width]; })()"
            )
            assert place == ["25%", "25%", "25%"]
            pixel = "[...document.getElementById('live-canvas').getContext('2d').getImageData(9, 9, 1, 1).data]"
            assert all(abs(value - 90) < 4 for value in browser.evaluate(pixel)[:3])
            browser.wait_for("document.getElementById('live-times').textContent.includes('detect')")
            browser.wait_for("document.getElementById('live-counters').textContent.includes('1 face, 1 named')")
            assert browser.evaluate("document.querySelectorAll('#live-events li').length") == 2
            browser.go("people")
            browser.go("live")
            browser.wait_for("document.querySelector('#live-boxes b')")
            assert browser.evaluate("document.querySelectorAll('#live-events li').length") == 2
        browser.wait_for("document.getElementById('live-state').textContent === 'The loop has ended'")
    assert complaints(browser) == []


def test_the_keyboard_is_enough(browser: Any, serve: Serve, photos: dict[str, Path], gallery_path: Path) -> None:
    with serve(gallery=gallery_path) as page:
        browser.open(page.url)
        browser.press("Tab")
        assert browser.evaluate("document.activeElement.className") == "skip"
        browser.press("Tab", "Tab")
        assert browser.evaluate("document.activeElement.dataset.view") == "who"
        browser.press("Enter")
        browser.wait_for("!document.getElementById('view-who').hidden")
        assert browser.evaluate("document.activeElement.id") == "content"
        browser.press("Tab")
        assert browser.evaluate("document.activeElement.name") == "photo"
        ring = "getComputedStyle(document.activeElement.closest('.drop')).outlineStyle"
        assert browser.evaluate(ring) == "solid"
        browser.choose_file(lambda: browser.press("Enter"), photos["ada"])
        assert "Ada" in browser.answer()
        browser.press("Tab", "Enter")
        assert browser.evaluate("document.querySelector('#view-who .answer').textContent") == ""
        assert browser.evaluate("document.activeElement.name") == "photo"


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_the_screen_and_the_light(
    browser: Any, serve: Serve, photos: dict[str, Path], gallery_path: Path, width: int, height: int, dark: bool
) -> None:
    with serve(gallery=gallery_path, hub=LiveHub()) as page:
        browser.open(page.url, width=width, height=height, dark=dark)
        browser.go("compare")
        browser.drop("[data-field=first]", photos["ada"], photos["both"])
        browser.answer()
        outside = f"""[...document.querySelectorAll('body *')].filter(element => {{
            const box = element.getBoundingClientRect();
            return box.width > 1 && !element.closest('.skip') && (box.right > {width} || box.left < 0); }}).map(element => element.outerHTML)"""
        for view in ("live", *VIEWS):
            browser.go(view)
            assert (view, browser.evaluate(outside)) == (view, [])
            assert (view, browser.evaluate("document.documentElement.scrollWidth")) <= (view, width)
        ground = browser.evaluate("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)")
        assert (max(ground) < 40) is dark
        browser.open(
            page.url + "docs", width=width, height=height, dark=dark, ready="document.querySelector('.operation')"
        )
        browser.evaluate("document.querySelectorAll('.operation').forEach(each => { each.open = true; })")
        assert browser.evaluate("document.documentElement.scrollWidth") <= width


def test_nothing_is_fetched_from_elsewhere_and_nothing_is_kept(
    browser: Any, serve: Serve, photos: dict[str, Path]
) -> None:
    with serve() as page:
        browser.open(page.url)
        browser.drop("[data-field=first]", photos["ada"], photos["again"])
        browser.answer()
        sent = [
            event["params"]["request"]["url"]
            for event in browser.events
            if event["method"] == "Network.requestWillBeSent"
        ]
        assert len(sent) >= 6
        assert all(url.startswith((page.url, f"blob:{page.url}", "data:")) for url in sent)
        assert browser.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
        browser.open(page.url + "docs", ready="document.querySelector('.operation')")
        sent = [
            event["params"]["request"]["url"]
            for event in browser.events
            if event["method"] == "Network.requestWillBeSent"
        ]
        assert all(url.startswith((page.url, "data:")) for url in sent)
        assert "/api/v1/verify" in browser.evaluate("document.body.textContent")


def test_the_printed_address_logs_in_and_the_button_logs_out(
    browser: Any, serve: Serve, photos: dict[str, Path]
) -> None:
    with serve(token=TOKEN) as page:
        browser.open(page.url, ready="document.activeElement?.id === 'token'")
        browser.evaluate(
            "document.getElementById('token').value = 'guess'; document.querySelector('#login button').click()"
        )
        browser.wait_for("document.getElementById('said').textContent.includes('not the token')")
        browser.open(f"{page.url}login#{TOKEN}")
        assert browser.evaluate("location.href") == page.url
        browser.drop("[data-field=first]", photos["ada"], photos["again"])
        assert "Same person" in browser.answer()
        browser.evaluate("document.getElementById('logout').click()")
        browser.wait_for("document.getElementById('token')")


def test_a_server_that_is_gone_is_reported(browser: Any, serve: Serve, photos: dict[str, Path]) -> None:
    with serve() as page:
        browser.open(page.url)
    browser.drop("[data-field=first]", photos["ada"], photos["again"])
    assert browser.answer() == "No answer: is the command still running?"


def test_the_license_is_on_the_page(browser: Any, serve: Serve) -> None:
    with serve() as page:
        browser.open(page.url)
        assert "research and evaluation only" in browser.evaluate("document.getElementById('about').textContent")


AXE = os.environ.get("EDGE_SIAMESE_AXE")


@pytest.mark.skipif(not AXE, reason="EDGE_SIAMESE_AXE does not name axe.min.js of the npm package axe-core")
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_no_obstacle(
    browser: Any, serve: Serve, photos: dict[str, Path], gallery_path: Path, dark: bool
) -> None:
    script = Path(AXE or "").read_text(encoding="utf-8")
    hub = LiveHub()

    def obstacles() -> list[str]:
        browser.send("Runtime.evaluate", expression=script)
        found = browser.evaluate("axe.run(document).then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))")
        return [f"{rule}: {nodes}" for rule, nodes in found]

    with serve(gallery=gallery_path, hub=hub) as page, Loop(hub):
        browser.open(page.url, dark=dark)
        browser.wait_for("document.querySelector('#live-boxes b')")
        assert obstacles() == []
        browser.go("compare")
        browser.drop("[data-field=first]", photos["ada"], photos["both"])
        browser.answer()
        browser.evaluate("document.querySelector('.verdict details').open = true")
        assert obstacles() == []
        browser.drop("[data-field=first]", photos["wall"])
        browser.wait_for("document.querySelector('#view-compare .rejection')")
        assert obstacles() == []
        browser.go("who")
        browser.drop("#view-who [data-field=photo]", photos["both"])
        browser.answer()
        assert obstacles() == []
        browser.go("people")
        browser.wait_for("document.querySelector('.person')")
        assert obstacles() == []
        browser.evaluate("document.querySelector('.person button').click()")
        assert obstacles() == []
        browser.evaluate("document.getElementById('erase-no').click()")
        browser.go("enroll")
        choose_files(browser, "#enroll-files", photos["ben"], photos["both"])
        browser.wait_for("document.querySelector('.shot.bad')")
        assert obstacles() == []
        browser.evaluate("document.getElementById('enroll-camera').click()")
        browser.wait_for("document.getElementById('camera').open")
        assert obstacles() == []
        browser.open(page.url + "docs", ready="document.querySelector('.operation')", dark=dark)
        browser.evaluate("document.querySelectorAll('.operation').forEach(each => { each.open = true; })")
        assert obstacles() == []
    with serve(token=TOKEN) as page:
        browser.open(page.url, ready="document.getElementById('token')", dark=dark)
        assert obstacles() == []
