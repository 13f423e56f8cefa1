"""What all tests share."""

import os
from html.parser import HTMLParser

import pytest
from hypothesis import settings

# No test hangs on a timing: a machine with other work is slow, not wrong.
settings.register_profile("untimed", deadline=None)
settings.register_profile("few", deadline=None, max_examples=10)  # for an emulated machine
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "untimed"))

_VOID_ELEMENTS = {"meta", "link", "img", "br", "input"}


class Page(HTMLParser):
    """A page's text, and what a browser would fetch for it; its elements must be closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        assert self.open == []
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID_ELEMENTS:
            self.open.append(tag)
        references = [value for name, value in attrs if name in ("src", "href", "xlink:href") and value]
        self.fetched += [value for value in references if not value.startswith(("#", "data:"))]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture(scope="session")
def read_page() -> type[Page]:
    """Reads an HTML page: `Page`."""
    return Page
