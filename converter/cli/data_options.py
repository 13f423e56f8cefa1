"""What the ``data`` commands share: where images come from and how they are prepared, and options by ``KEY=VALUE``."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.galleries import note
from edge_siamese.cli.shared.numbers import FiniteRange
from edge_siamese.cli.shared.options import with_options

if TYPE_CHECKING:
    from ..data.labeled import LabeledImages
    from ..data.sources import Kind

PATH = click.Path(path_type=Path)
KINDS = ("folders", "omniglot", "lfw", "olivetti", "thermal")
_MAX_NOTES = 20


class Size(click.ParamType[tuple[int, int]]):
    """``HEIGHTxWIDTH``, or one number for both."""

    name = "HxW"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        parts = str(value).lower().split("x")
        if len(parts) > 2 or not all(part.isdecimal() for part in parts):
            self.fail(f"expected a height and width such as 80x60, found {value!r}", param, ctx)
        return int(parts[0]), int(parts[-1])


_SOURCE_OPTIONS = (
    click.argument("data", type=PATH, required=False),
    click.option("--kind", type=click.Choice(KINDS), help="Layout of DATA.  [default: folders]"),
    click.option("--merge-top", is_flag=True, help="The top folders (training, testing) hold the same classes."),
    click.option("--size", type=Size(), help="Height and width of the images.  [default: 112x112]"),
    click.option("--channels", type=click.IntRange(1, 3), help="1 is gray, 3 is RGB.  [default: 3]"),
    click.option(
        "--align",
        type=click.Choice(["detector", "center", "none"]),
        help="Cut the face out on its landmarks, a window from the middle, or take all.  [default: none]",
    ),
    click.option(
        "--crop-factor",
        type=FiniteRange(0, min_open=True),
        help="How much is seen of what --align cuts out.  [default: 1]",
    ),
    click.option("--min-images", type=click.IntRange(1), help="Leave out classes with fewer."),
    click.option("--max-images", type=click.IntRange(1), help="Of larger classes take the first."),
    click.option(
        "--near-duplicates",
        type=FiniteRange(0, 1, max_open=True),
        help="Leave out what differs less from another image of its class; mean difference, 0 to 1.",
    ),
)


def source_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add DATA, ``--kind`` and the options of a `Preparation`; pass them on to `load`."""
    return with_options(command, _SOURCE_OPTIONS)


def load(data: Path | None, kind: "Kind | None", merge_top: bool, **preparation: Any) -> "LabeledImages":
    """Prepared images of an ``.npz``, or of a source prepared now; what gives no image is told on stderr.

    Args:
        data: what `source_options` was given; None downloads.
        kind, merge_top: as of `datasets.sources.load_source`.
        preparation: fields of `Preparation`; None is the default.

    Raises:
        DataError: there is nothing usable.
        click.UsageError: options do not go together.
    """
    from pydantic import ValidationError

    from ..data.preparation import Preparation
    from ..data.prepared import load_prepared
    from ..data.sources import load_source

    given = {name: value for name, value in preparation.items() if value is not None}
    if data and data.suffix == ".npz":
        if given or kind or merge_top:
            raise click.UsageError(f"{data} is prepared already: options of the preparation are for other DATA")
        return load_prepared(data)
    try:
        expected = Preparation(**given)
    except ValidationError as error:
        first = error.errors()[0]
        about = ", ".join(f"--{part}".replace("_", "-") for part in first["loc"] if isinstance(part, str))
        raise click.UsageError(f"{about}: {first['msg']}" if about else first["msg"]) from error
    with _counting("reading images") as progress:
        images = load_source(kind or "folders", data, expected, merge_top=merge_top, progress=progress)
    _tell_skipped(images)
    return images


def parse_options(_: click.Context, parameter: click.Parameter, given: Iterable[str]) -> dict[str, Any]:
    """Click callback: ``KEY=VALUE``, where a value is a number, true or false, or else text."""
    options = {}
    for each in given:
        key, equals, value = each.partition("=")
        if not key or not equals:
            raise click.BadParameter(f"expected KEY=VALUE, found {each!r}", param=parameter)
        try:
            options[key.replace("-", "_")] = json.loads(value)
        except ValueError:
            options[key.replace("-", "_")] = value
    return options


@contextmanager
def _counting(label: str) -> Iterator[Callable[[int], None]]:
    """A line on stderr that counts, only where stderr is a terminal."""
    from rich.console import Console

    with Console(stderr=True).status(label) as status:
        yield lambda count: status.update(f"{label}: {count:,}")


def _tell_skipped(images: "LabeledImages") -> None:
    """Some by name, and how many more."""
    for path, reason in list(images.skipped.items())[:_MAX_NOTES]:
        note(f"{path}: skipped: {reason}")
    more = len(images.skipped) - _MAX_NOTES
    if more > 0:
        note(f"{more} more were skipped")
