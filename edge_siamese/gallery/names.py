"""What a person in a gallery may be called."""

import difflib
import unicodedata
from collections.abc import Iterable

from ..errors import GalleryError
from .container.layout import LONGEST_NAME


def clean_name(name: str) -> str:
    """The name as a gallery keeps it: Unicode NFC, no white space around it.

    Raises:
        GalleryError: nothing is left, it has control characters, or more than 255 bytes of UTF-8.
    """
    clean = unicodedata.normalize("NFC", name).strip()
    problem = problem_of(clean)
    if problem:
        raise GalleryError(f"the name {name!r} {problem}")
    return clean


def problem_of(name: str) -> str | None:
    """Why a gallery does not take a name, or None."""
    if not name:
        return "is empty"
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
        return "has control characters"
    if len(name.encode()) > LONGEST_NAME:
        return f"is longer than {LONGEST_NAME} bytes"
    return None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``"; did you mean 'alice'?"`` when a known name is near, else nothing."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean '{near[0]}'?" if near else ""
