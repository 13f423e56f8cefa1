"""One name has one spelling, and what cannot be seen is no part of it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import GalleryError
from edge_siamese.names import change_of, clean_name, problem_of, similar_name


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Zoe\u0301", "Zo\u00e9"),
        ("  Ada ", "Ada"),
        ("Ada\u00a0\u2003 Lovelace", "Ada Lovelace"),
        ("Ada\n", "Ada"),
        (
            "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
            "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
        ),  # Persian, with its non-joiner
        ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"),  # Devanagari, with its joiner
        ("O'Neil-Smith 3rd (Ann)", "O'Neil-Smith 3rd (Ann)"),
        ("\u738b\u5c0f\u660e", "\u738b\u5c0f\u660e"),
        ("\u0410\u043d\u043d\u0430 Smith", "\u0410\u043d\u043d\u0430 Smith"),
    ],
)
def test_a_name_is_kept_in_one_spelling(name: str, kept: str) -> None:
    assert clean_name(name) == kept
    assert change_of(name) == (
        None if name == kept else f"the name {name!a} is kept as '{kept}' (Unicode NFC, single spaces)"
    )


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "is empty"),
        (" \t\u3000", "is empty"),
        ("A\u200bda", "has the invisible character U\\+200B"),
        ("Ada\ufeff", "has the invisible character U\\+FEFF"),
        ("A\u00adda", "has the invisible character U\\+00AD"),
        ("Ada\u3164", "has the invisible character U\\+3164"),
        ("Ada\u2800", "has the invisible character U\\+2800"),
        ("Ada\ufe0f", "has the invisible character U\\+FE0F"),
        ("A\u200cda", "has the invisible character U\\+200C"),
        ("\u200dAda", "has the invisible character U\\+200D"),
        ("\u202eadA", "has the text-direction character U\\+202E"),
        ("Ada\u2066", "has the text-direction character U\\+2066"),
        ("car\nla", "has the control character U\\+000A"),
        ("A\x00", "has the control character U\\+0000"),
        ("A\u2028da", "has the line separator U\\+2028"),
        ("A\ue000", "has the private-use character U\\+E000"),
        ("A\ud800", "has the surrogate U\\+D800"),
        ("\u0308Ada", "begins with a combining mark"),
        ("\u0410da", "mixes Latin and Cyrillic letters in one word"),
        ("\u0391da", "mixes Latin and Greek letters in one word"),
        ("\u738b" * 86, "is longer than 255 bytes"),
    ],
)
def test_a_name_that_people_cannot_read_is_refused(name: str, problem: str) -> None:
    with pytest.raises(GalleryError, match=f"^the name .* {problem}$") as caught:
        clean_name(name)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["\u738b" * 85, "\u00e9" * 127 + "e", "e\u0301" * 127, "\U0001f9d1" * 63 + "abc"])
def test_names_of_255_bytes_are_kept_in_every_script(name: str) -> None:
    assert len(clean_name(name).encode()) in (254, 255)


@pytest.mark.parametrize(
    ("name", "known", "similar"),
    [
        ("ada", ["Ben", "Ada"], "Ada"),
        ("\uff21\uff44\uff41", ["Ada"], "Ada"),
        ("STRASSE", ["Stra\u00dfe"], "Stra\u00dfe"),
        ("\u0441\u0430\u0440\u0430", ["capa"], "capa"),
        ("Ada", ["Ada"], None),
        ("Zoe", ["Zo\u00e9"], None),
        ("Ada 1", ["Ada 2"], None),
    ],
)
def test_names_that_look_the_same_are_found(name: str, known: list[str], similar: str | None) -> None:
    assert similar_name(name, known) == similar


@given(st.text(max_size=60))
def test_what_is_kept_is_stable_visible_and_short(name: str) -> None:
    try:
        kept = clean_name(name)
    except GalleryError:
        return
    assert clean_name(kept) == kept
    assert problem_of(kept) is None
    assert kept == unicodedata.normalize("NFC", kept) == kept.strip()
    assert "  " not in kept
    assert 1 <= len(kept.encode()) <= 255
    assert change_of(kept) is None


@given(st.text(alphabet=st.characters(categories=["L", "M", "N", "Zs"]), min_size=1, max_size=20))
def test_all_normal_forms_of_a_name_are_one_name(name: str) -> None:
    spellings = [unicodedata.normalize(form, name) for form in ("NFC", "NFD")]
    kept = set()
    for spelling in spellings:
        try:
            kept.add(clean_name(spelling))
        except GalleryError:
            kept.add("")
    assert len(kept) == 1


@given(st.text(max_size=20), st.sampled_from("\u200b\u200e\u202e\u2060\ufeff\x07\u2069"), st.integers(0, 20))
def test_an_inserted_invisible_character_never_makes_a_second_name(name: str, hidden: str, place: int) -> None:
    spoiled = name[:place] + hidden + name[place:]
    with pytest.raises(GalleryError):
        clean_name(spoiled)
