"""No command takes "nan" or "inf" for a number, nor a rate that is none."""

import importlib.util
from collections.abc import Iterator

import click
import pytest

from edge_siamese.cli.main import main, root
from edge_siamese.cli.shared.numbers import RATE, FiniteRange

RATES = ("--target-fmr", "--target-fpir", "--fmr")


def commands(group: click.Group, name: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command below a group whose packages are installed."""
    context = click.Context(group)
    for each in group.list_commands(context):
        try:
            command = group.get_command(context, each)
        except click.ClickException:  # an extra is not installed
            continue
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {each}".strip())
        elif command:
            yield f"{name} {each}".strip(), command


NUMBERS = [
    (name, parameter)
    for name, command in commands(root)
    for parameter in command.params
    if isinstance(parameter.type, click.FloatRange | type(click.FLOAT) | type(RATE))
]


def test_there_are_numbers_to_check() -> None:
    of_web = {"preview"} if importlib.util.find_spec("fastapi") else set()
    assert {name for name, parameter in NUMBERS if parameter.opts[0] in RATES} >= of_web | {
        "verify", "identify", "evaluate", "run", "gallery calibrate", "bench accuracy", "bench quality",
    }  # fmt: skip


@pytest.mark.parametrize(("name", "parameter"), NUMBERS, ids=lambda value: getattr(value, "name", value))
def test_no_number_may_be_nan_or_infinite(name: str, parameter: click.Parameter) -> None:
    for text in ("nan", "inf", "-inf"):
        with pytest.raises(click.BadParameter):
            parameter.type.convert(text, parameter, None)


@pytest.mark.parametrize("text", ["nan", "-1", "0", "1", "2", "inf", "often"])
@pytest.mark.parametrize(
    ("name", "parameter"),
    [(name, parameter) for name, parameter in NUMBERS if parameter.opts[0] in RATES],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_rate_is_above_zero_and_below_one(name: str, parameter: click.Parameter, text: str) -> None:
    with pytest.raises(click.BadParameter, match=rf"expected a rate above 0 and below 1, such as 0.001, found {text}"):
        parameter.type.convert(text, parameter, None)
    assert parameter.type.convert("1e-9", parameter, None) == 1e-9


def test_nonsense_ends_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["verify", "a.jpg", "b.jpg", "--target-fmr", "nan"])
    assert ended.value.code == 2
    assert "Invalid value for '--target-fmr': expected a rate" in capsys.readouterr().err


def test_a_finite_range_keeps_its_limits() -> None:
    assert FiniteRange(0, 2).convert("1.5", None, None) == 1.5
    with pytest.raises(click.BadParameter):
        FiniteRange(0, 2).convert("3", None, None)
