"""Rules for the names of people in galleries and datasets.

Names are stored in Unicode NFC with single spaces, so that equal names have equal bytes. Invisible characters and
characters that change the direction of text are rejected, and so are two names in one gallery that look the same.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable

from .errors import GalleryError

LONGEST_NAME = 255
"""Maximum length of a name in bytes of UTF-8."""

_REJECTED_CATEGORIES = {
    "Cc": "control character",
    "Cf": "invisible character",
    "Co": "private-use character",
    "Cs": "surrogate",
    "Zl": "line separator",
    "Zp": "paragraph separator",
}
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
_DIRECTIONS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NON_JOINER, _JOINER = "\u200c", "\u200d"
_VIRAMA = 9
_LOOK_ALIKE_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK")
_LOOK_ALIKE_LETTERS = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u03b1\u03bf\u03c1\u03bd", "aeopcyxijsaopv"
)


def clean_name(name: str) -> str:
    """Normalize a name: Unicode NFC, single spaces, no leading or trailing white space.

    Raises:
        GalleryError: the name is empty, begins with a combining mark, has an invisible character, mixes scripts that look
            alike in one word, or has more than 255 bytes of UTF-8.
    """
    clean = _normalized(name)
    problem = problem_of(clean)
    if problem:
        raise GalleryError(f"the name {name!r} {problem}")
    return clean


def change_of(name: str) -> str | None:
    """Sentence about the change that `clean_name` makes; None without a change."""
    clean = clean_name(name)
    if clean == name:
        return None
    return f"the name {name!a} is kept as '{clean}' (Unicode NFC, single spaces)"


def problem_of(name: str) -> str | None:
    """Reason why a gallery does not accept a name, or None."""
    if not name:
        return "is empty"
    if name.isascii() and name.isprintable() and " ".join(name.split()) == name and len(name) <= LONGEST_NAME:
        return None
    hidden, mixed = hidden_character(name), _mixed_scripts(name)
    problems = {
        f"has the {hidden}": hidden is not None,
        "is not in Unicode NFC with single spaces": name != _normalized(name),
        "begins with a combining mark": unicodedata.category(name[0]).startswith("M"),
        f"mixes {mixed} letters in one word": mixed is not None,
        f"is longer than {LONGEST_NAME} bytes": len(name.encode("utf-8", "surrogatepass")) > LONGEST_NAME,
    }
    return next((problem for problem, found in problems.items() if found), None)


def hidden_character(name: str) -> str | None:
    """Description of the first invisible character of a name, such as ``invisible character U+200B``, or None."""
    for index, character in enumerate(name):
        kind = _REJECTED_CATEGORIES.get(unicodedata.category(character))
        if _INVISIBLE.match(character):
            kind = "invisible character"
        if character in _DIRECTIONS:
            kind = "text-direction character"
        if kind and not _joins(name, index):
            return f"{kind} U+{ord(character):04X}"
    return None


def appearance(name: str) -> str:
    """Key that is equal for names that look the same: ignores case, width and look-alike letters."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    visible = folded.replace(_NON_JOINER, "").replace(_JOINER, "")
    return visible.translate(_LOOK_ALIKE_LETTERS)


def similar_name(name: str, known: Iterable[str]) -> str | None:
    """A known name that differs from `name` but looks the same (see `appearance`), or None."""
    key = appearance(name)
    return next((other for other in known if other != name and appearance(other) == key), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``"; did you mean 'alice'?"`` if a known name is similar, otherwise an empty text."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def _normalized(name: str) -> str:
    spaced = "".join(" " if unicodedata.category(character) == "Zs" else character for character in name)
    return re.sub(" +", " ", unicodedata.normalize("NFC", spaced).strip())


def _joins(name: str, index: int) -> bool:
    """Whether a joiner or non-joiner belongs to the spelling: after a virama, or between Arabic letters."""
    if name[index] not in (_NON_JOINER, _JOINER) or not 0 < index < len(name) - 1:
        return False
    before, after = name[index - 1], name[index + 1]
    if unicodedata.combining(before) == _VIRAMA:
        return True
    arabic = all(unicodedata.name(character, "").startswith("ARABIC LETTER") for character in (before, after))
    return name[index] == _NON_JOINER and arabic


def _mixed_scripts(name: str) -> str | None:
    for word in name.split():
        scripts = {unicodedata.name(character, "").partition(" ")[0] for character in word if character.isalpha()}
        found = [script.capitalize() for script in _LOOK_ALIKE_SCRIPTS if script in scripts]
        if len(found) > 1:
            return " and ".join(found)
    return None
