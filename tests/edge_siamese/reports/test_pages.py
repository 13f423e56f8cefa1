import html as entities
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.errors import RuntimeMissingError
from edge_siamese.reports.pages import NAMES, PHOTOS, PageBody, page_html, require, write_page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PHONE = 390


def body() -> PageBody:
    made = PageBody("A <title>", "One sentence.")
    made.heading("Numbers & names")
    made.table(("name", *["a rather long column"] * 9), [("Ada", *["0.1234"] * 9)])
    made.picture(np.full((60, 300, 3), 90, np.uint8), "a wide one")
    made.picture(np.full((60, 40, 3), 90, np.uint8), "a narrow one", "bad")
    made.code("edge-siamese " + "--a-long-option " * 20)
    made.paragraph("word" * 60)
    return made


def test_a_page_is_whole_and_fetches_nothing() -> None:
    page = body().page()
    assert page.startswith("<!doctype html>\n<html lang=")
    assert '<meta name="viewport"' in page
    assert not re.search(r"@import|url\((?!#)|<script|src=\"(?!data:)", page)
    assert "<title>A &lt;title&gt;</title>" in page
    assert "<h2>Numbers &amp; names</h2>" in page


def test_pictures_that_follow_each_other_stand_in_one_row() -> None:
    page = body().page()
    assert page.count('<div class="photos">') == 1
    assert page.count("<img") == 2
    assert page.index("a wide one") < page.index("a narrow one") < page.index("--a-long-option")


@pytest.mark.parametrize("notice", [PHOTOS, NAMES])
def test_what_has_to_be_known_before_sharing_stands_at_the_top(notice: str) -> None:
    page = page_html("t", "<h1>t</h1>", notice=notice)
    assert page.index(notice) < page.index("<h1>")
    assert notice not in page_html("t", "<h1>t</h1>")


def test_a_missing_package_is_named() -> None:
    with pytest.raises(RuntimeMissingError, match=r"needs a_package_nobody_has, .*'edge-siamese\[report\]'"):
        require(("html", "a_package_nobody_has"), "report")


def test_no_grid_is_wider_than_a_phone() -> None:
    styles = re.findall(r"minmax\(([^,()]+|min\([^)]*\)),", page_html("t", ""))
    fixed = [float(style.removesuffix("rem")) for style in styles if style.endswith("rem")]
    assert fixed
    assert max(fixed) <= 12


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (apt-get install chromium)")
def test_on_a_phone_nothing_is_cut_off(tmp_path: Path) -> None:
    assert CHROMIUM is not None
    script = "document.title=document.querySelector('iframe').contentDocument.documentElement.scrollWidth"
    frame = f'<iframe width={PHONE} height=900 style="border:0" srcdoc="{entities.escape(body().page())}" onload="{script}">'
    write_page(tmp_path / "frame.html", f"<!doctype html><title></title>{frame}</iframe>")
    arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'profile'}",
        "--dump-dom",
    ]
    done = subprocess.run(
        [CHROMIUM, *arguments, str(tmp_path / "frame.html")], capture_output=True, text=True, timeout=120, check=True
    )
    title = re.search(r"<title>(\d+)</title>", done.stdout)
    assert title is not None, done.stderr
    assert int(title[1]) <= PHONE
