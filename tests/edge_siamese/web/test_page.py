"""The page in a real browser: photos fall on it, and the shown decision is the engine's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge_siamese.engine import FaceEngine
from edge_siamese.gallery import Gallery
from edge_siamese.image_io import read_image
from edge_siamese.matching import Q15, score_q15
from edge_siamese.web.guard import Guard

Serve = Callable[..., Any]
SIZES = [(1100, 900), (390, 844)]


def score(engine: FaceEngine, *paths: Path) -> float:
    first, second = (engine.analyze(read_image(path))[0].embedding for path in paths)
    assert first is not None
    assert second is not None
    return score_q15(first, second) / Q15


def complaints(browser: Any) -> list[Any]:
    """Errors of scripts, and everything the content security policy or the network refused."""
    kinds = {"Runtime.exceptionThrown", "Log.entryAdded", "Network.loadingFailed"}
    return [event for event in browser.events if event.get("method") in kinds]


@pytest.mark.parametrize(("other", "title"), [("again", "Same person"), ("ben", "Different people")])
def test_two_dropped_photos_are_compared(
    browser: Any, serve: Serve, photos: dict[str, Path], engine: FaceEngine, other: str, title: str
) -> None:
    with serve() as server:
        browser.open(server.url)
        browser.drop("[data-field=first]", photos["ada"])
        browser.drop("[data-field=second]", photos[other])
        lines = browser.answer().splitlines()
        assert title in lines
        shown = f"{score(engine, photos['ada'], photos[other]):.3f}"
        assert shown in lines
        assert any(line.startswith(f"Score {shown} is ") for line in lines)
        sizes = browser.evaluate(
            "[...document.querySelectorAll('.crop img')].map(i => [i.naturalWidth, i.naturalHeight])"
        )
        assert sizes == [[112, 112]] * 2
        assert browser.evaluate("document.querySelectorAll('.slot:not([hidden]) .boxes span').length") == 2
    assert complaints(browser) == []


def test_both_may_fall_at_once_and_one_may_be_taken_back(browser: Any, serve: Serve, photos: dict[str, Path]) -> None:
    with serve() as server:
        browser.open(server.url)
        browser.drop("h1", photos["ada"], photos["again"])
        assert "Same person" in browser.answer()
        browser.evaluate("document.querySelector('[data-field=second] .remove').click()")
        assert browser.evaluate("document.getElementById('answer').textContent") == ""
        browser.drop("[data-field=second]", photos["ben"])
        assert "Different people" in browser.answer()


def test_a_photo_is_held_against_the_gallery(
    browser: Any, serve: Serve, photos: dict[str, Path], family: Gallery
) -> None:
    with serve(family) as server:
        browser.open(server.url)
        browser.evaluate("document.querySelector('input[value=identify]').click()")
        browser.drop("[data-field=photo]", photos["both"])
        browser.answer()
        titles = browser.evaluate("[...document.querySelectorAll('.verdict h2')].map(h => h.textContent)")
        assert sorted(titles) == ["Ada", "Unknown"]
        browser.drop("[data-field=photo]", photos["wall"])
        browser.wait_for("document.querySelector('.verdict h2')?.textContent === 'Cannot tell'")
        assert "No face found." in browser.answer()
    assert complaints(browser) == []


def test_without_a_gallery_the_page_says_how_to_have_one(browser: Any, serve: Serve) -> None:
    with serve() as server:
        browser.open(server.url)
        browser.evaluate("document.querySelector('input[value=identify]').click()")
        assert "--gallery G.esg" in browser.evaluate("document.querySelector('#answer .notice').textContent")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("wall", "wall.png: no face found"),
        ("letter", "letter.png: not a JPEG, PNG, WebP, BMP, PGM, PPM or TIFF image"),
    ],
)
def test_a_bad_photo_is_said_and_marked(
    browser: Any, serve: Serve, photos: dict[str, Path], name: str, sentence: str
) -> None:
    with serve() as server:
        browser.open(server.url)
        browser.drop("[data-field=first]", photos[name], photos["ada"])
        assert browser.answer().startswith(sentence)
        assert browser.evaluate("[...document.querySelectorAll('.slot.bad')].map(s => s.dataset.field)") == ["first"]
        browser.drop("[data-field=first]", photos["again"])
        browser.wait_for("document.querySelector('.verdict')")
        assert "Same person" in browser.answer()


def test_several_faces_and_poor_photos_are_remarked_on(browser: Any, serve: Serve, photos: dict[str, Path]) -> None:
    with serve() as server:
        browser.open(server.url)
        browser.drop("[data-field=first]", photos["dark"], photos["both"])
        browser.answer()
        remarks = browser.evaluate("[...document.querySelectorAll('.remarks li')].map(item => item.textContent)")
    assert "both.png: 2 faces found, the largest is used" in remarks
    assert any(remark.startswith("dark.png: ") for remark in remarks)


def test_the_keyboard_is_enough(browser: Any, serve: Serve, photos: dict[str, Path], family: Gallery) -> None:
    with serve(family) as server:
        browser.open(server.url)
        browser.press("Tab")
        assert browser.evaluate("document.activeElement.value") == "verify"
        browser.press("ArrowRight", "Tab")
        assert browser.evaluate("document.activeElement.name") == "photo"
        ring = "getComputedStyle(document.activeElement.closest('.drop')).outlineStyle"
        assert browser.evaluate(ring) == "solid"
        browser.choose_file(lambda: browser.press("Enter"), photos["ada"])
        assert "Ada" in browser.answer()
        browser.press("Tab", "Enter")
        assert browser.evaluate("document.getElementById('answer').textContent") == ""
        assert browser.evaluate("document.activeElement.name") == "photo"


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_the_screen_and_the_light(
    browser: Any, serve: Serve, photos: dict[str, Path], family: Gallery, width: int, height: int, dark: bool
) -> None:
    with serve(family) as server:
        browser.open(server.url, width=width, height=height, dark=dark)
        browser.drop("[data-field=first]", photos["ada"], photos["both"])
        browser.answer()
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
        outside = f"""[...document.querySelectorAll('main *')].filter(element => {{
            const box = element.getBoundingClientRect();
            return box.width > 1 && (box.right > {width} || box.left < 0); }}).map(element => element.className)"""
        assert browser.evaluate(outside) == []
        ground = browser.evaluate("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)")
        assert (max(ground) < 40) is dark


def test_nothing_is_fetched_from_elsewhere_and_nothing_is_kept(
    browser: Any, serve: Serve, photos: dict[str, Path]
) -> None:
    with serve() as server:
        browser.open(server.url)
        browser.drop("[data-field=first]", photos["ada"], photos["again"])
        browser.answer()
        sent = [
            event["params"]["request"]["url"]
            for event in browser.events
            if event["method"] == "Network.requestWillBeSent"
        ]
        assert len(sent) >= 6
        assert all(url.startswith((server.url, f"blob:{server.url}", "data:")) for url in sent)
        assert browser.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


def test_the_page_takes_its_token_along(browser: Any, serve: Serve, photos: dict[str, Path]) -> None:
    guard = Guard(frozenset({"127.0.0.1"}), any_address=False, token="s3cret")
    with serve(guard=guard) as server:
        browser.open(server.url)
        browser.drop("[data-field=first]", photos["ada"], photos["again"])
        assert "Same person" in browser.answer()


def test_a_server_that_went_away_is_said(browser: Any, serve: Serve, photos: dict[str, Path]) -> None:
    with serve() as server:
        browser.open(server.url)
    browser.drop("[data-field=first]", photos["ada"], photos["again"])
    assert browser.answer() == "No answer: is 'edge-siamese preview' still running?"
