import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.registry import checked_options, in_range, lookup, options_of


def bake(flour: object, *, minutes: int = 40, salt: float = 0.5, crust: bool = True, form: str = "tin") -> None:
    """Something with options of each type."""


def test_options_are_the_keyword_only_arguments() -> None:
    assert options_of(bake) == {"minutes": 40, "salt": 0.5, "crust": True, "form": "tin"}


def test_a_whole_number_stands_for_a_real_one() -> None:
    assert checked_options("bread", bake, {"salt": 1, "minutes": 3}) == {"salt": 1, "minutes": 3}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"minuts": 3}, "bread: unknown option 'minuts'; did you mean 'minutes'?"),
        ({"yeast": 3}, "bread: unknown option 'yeast'; known are minutes, salt, crust, form"),
        ({"minutes": 2.5}, "bread: minutes has to be of type int, found 2.5"),
        ({"minutes": True}, "bread: minutes has to be of type int, found True"),
        ({"salt": "much"}, "bread: salt has to be of type float, found 'much'"),
        ({"crust": 1}, "bread: crust has to be of type bool, found 1"),
    ],
)
def test_an_option_that_does_not_fit_is_refused(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(DataError) as caught:
        checked_options("bread", bake, options)
    assert str(caught.value) == sentence


def test_what_takes_no_options_says_so() -> None:
    with pytest.raises(DataError, match="unknown option 'salt'; known are none"):
        checked_options("water", lambda glass: glass, {"salt": 1})


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("triplte", "unknown loss 'triplte'; did you mean 'triplet'?"),
        ("x", "unknown loss 'x'; known are triplet, pair"),
    ],
)
def test_an_unknown_name_gets_advice(name: str, sentence: str) -> None:
    with pytest.raises(DataError) as caught:
        lookup("loss", name, {"triplet": 1, "pair": 2})
    assert str(caught.value) == sentence


def test_a_range_includes_its_ends_and_no_nan() -> None:
    in_range(0, 1, share=0.0)
    in_range(0, 1, share=1.0)
    with pytest.raises(DataError, match=r"share has to be from 0 to 1, found 1\.5"):
        in_range(0, 1, share=1.5)
    with pytest.raises(DataError, match="count has to be 1 or more, found 0"):
        in_range(1, count=0)
    with pytest.raises(DataError, match="found nan"):
        in_range(0, share=float("nan"))
