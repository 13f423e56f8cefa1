"""The whole file under a number of bytes, to the byte."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.container.writer import encode
from edge_siamese.gallery.templates.budget import allocate, parse_size, sizes_of
from edge_siamese.gallery.templates.representatives import Candidates, Strategy
from edge_siamese.gallery.templates.selection import SelectionOptions, select, with_selected

EMPTY = Gallery((), (), np.empty((0, 8), np.int8), np.empty(0, np.uint32), 0, bytes(16), metadata={"created": "x"})


def people(*counts: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Somebody with so many templates each; the later ones vary more."""
    rng = np.random.default_rng(seed)
    return {
        f"person {number}": np.clip(
            rng.integers(-80, 80, 8) + rng.normal(0, 5 + 20 * number, (count, 8)), -127, 127
        ).astype(np.int8)
        for number, count in enumerate(counts)
    }


@pytest.mark.parametrize(
    ("text", "size"),
    [("8000", 8000), ("8kB", 8000), ("8 KB", 8000), ("7.5KiB", 7680), ("1MB", 10**6), ("2MiB", 2**21), ("16b", 16)],
)
def test_sizes_people_write(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "kB", "8 G", "-8kB", "0", "0.5", "1.0005 kB", "8kB of templates", "1e3"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="expected one such as 8000, 8kB or 8KiB"):
        parse_size(text)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(0, 60))
def test_the_size_is_that_of_the_file(counts: list[int], more: int) -> None:
    gallery = EMPTY.with_people(people(*counts), limit=None)
    assert sizes_of(gallery)(len(gallery.templates)) == len(encode(gallery))
    bigger = gallery.with_people({"person 0": np.ones((more + 1, 8), np.int8)}, limit=None)
    assert sizes_of(gallery)(len(bigger.templates)) == len(encode(bigger))


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=5),
    st.integers(0, 1500),
    st.sampled_from(Strategy),
    st.one_of(st.none(), st.integers(1, 4)),
)
def test_the_file_fits_and_no_further_template_would(
    counts: list[int], spare: int, strategy: Strategy, limit: int | None
) -> None:
    everybody = people(*counts)
    size = sizes_of(EMPTY.with_people({name: indices[:1] for name, indices in everybody.items()}))
    budget = size(len(everybody)) + spare
    options = SelectionOptions(strategy, limit=limit, budget=budget)
    choices = select(EMPTY, everybody, options)
    gallery = with_selected(EMPTY, everybody, choices)
    assert len(encode(gallery)) <= budget
    maximum = 1 if strategy in (Strategy.MEAN, Strategy.MEDOID) else limit or 9
    full = all(
        len(choices[name].chosen) == min(maximum, len(np.unique(indices, axis=0)))
        for name, indices in everybody.items()
    )
    assert full or size(len(gallery.templates) + 1) > budget


def test_everybody_gets_as_many_first_and_the_rest_goes_where_it_helps_most() -> None:
    everybody = {name: Candidates.of(indices, 0) for name, indices in people(6, 6, 6, 1).items()}
    assert allocate(everybody, 7, lambda templates: templates) == dict(zip(everybody, (2, 2, 2, 1), strict=True))
    gains = {
        name: indices.coverage(indices.choose(3)) - indices.coverage(indices.choose(2))
        for name, indices in list(everybody.items())[:3]
    }
    first = max(gains, key=gains.__getitem__)
    assert len(set(gains.values())) == 3
    assert allocate(everybody, 8, lambda templates: templates)[first] == 3


def test_of_equal_gains_the_first_by_name_is_served() -> None:
    same = people(4)["person 0"]
    counts = allocate({name: Candidates.of(same, 0) for name in ("b", "a", "c")}, 5, lambda templates: templates)
    assert counts == {"b": 2, "a": 2, "c": 1}


def test_too_small_a_budget_says_how_much_it_takes() -> None:
    everybody = people(3, 3)
    minimum = len(encode(EMPTY.with_people({name: indices[:1] for name, indices in everybody.items()})))
    assert len(select(EMPTY, everybody, SelectionOptions(budget=minimum))) == 2
    with pytest.raises(
        DataError, match=f"2 people with one template each: expected a budget of at least {minimum:,} bytes"
    ):
        select(EMPTY, everybody, SelectionOptions(budget=minimum - 1))
