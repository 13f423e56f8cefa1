"""Options, notes and JSON fields shared by the gallery commands."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import Decorator, with_options

if TYPE_CHECKING:
    from ...gallery import Gallery
    from ...gallery.enrollment.face_choice import Skipped
    from ...gallery.enrollment.look_alikes import LookAlikes
    from ...gallery.templates.selection import SelectionOptions
    from ...tflite.model_card import ModelCard


class NonEmptyPath(click.Path):
    """A path. An empty text is an error; it would mean the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("expected a path, found an empty text", param, ctx)
        return super().convert(value, param, ctx)


PATH = NonEmptyPath(path_type=Path)
STRATEGIES = ("mean", "greedy", "medoid", "k-medoids", "farthest-first")

templates_option: Decorator = click.option(
    "--templates-per-person",
    "limit",
    type=click.IntRange(1, 1000),
    default=5,
    show_default=True,
    help="Number of templates per person, one for each enrollment; the most representative are kept.",
)

_ABOUT_OPTIONS = (
    click.option("--created", help="Creation time, such as 2025-01-31T12:00:00Z; default: SOURCE_DATE_EPOCH or now."),
    click.option("--consent", help="Consent: who agreed to what, and where it is recorded."),
    click.option("--retain-until", help="Last day of retention, such as 2026-01-31."),
)


_ENROLLMENT_OPTIONS = (
    click.option(
        "--largest-face", "largest_only", is_flag=True, help="Use the largest face of a photo with several faces."
    ),
    click.option("--allow-different-faces", is_flag=True, help="Enroll photos that appear to show different people."),
)
look_alike_option: Decorator = click.option(
    "--allow-look-alike", is_flag=True, help="Enroll a person who looks like another person of the gallery."
)


def note(sentence: str) -> None:
    """Print a note on stderr."""
    click.echo(f"edge-siamese: {sentence}", err=True)


def selection_options(*strategies: str) -> Decorator:
    """Add ``--templates-per-person --strategy --budget --reject-outliers``; pass them on to `selection_from`.

    Args:
        strategies: the choices of ``--strategy``.
    """
    options = (
        click.option(
            "--templates-per-person",
            "limit",
            type=click.IntRange(1, 1000),
            help="Maximum number of templates per person.  [default: 1; with another strategy than 'mean' 5; with "
            "--budget, as many as fit]",
        ),
        click.option(
            "--strategy",
            type=click.Choice(strategies),
            help="How templates are chosen; 'mean' stores the mean of all photos.  [default: mean; greedy for more than "
            "one template]",
        ),
        click.option(
            "--budget", metavar="SIZE", help="Maximum size of the .esg, such as 8kB (8000 bytes) or 8KiB (8192 bytes)."
        ),
        click.option(
            "--reject-outliers", is_flag=True, help="Skip photos that differ too much from the person's others."
        ),
    )
    return lambda command: with_options(command, options)


def selection_from(
    *, limit: int | None, strategy: str | None, budget: str | None, reject_outliers: bool
) -> "SelectionOptions":
    """The selection options from the command line options of `selection_options`."""
    from ...gallery.gallery import DEFAULT_TEMPLATES
    from ...gallery.templates.budget import parse_size
    from ...gallery.templates.representatives import Strategy
    from ...gallery.templates.selection import SelectionOptions

    size = None if budget is None else parse_size(budget)
    several = limit is not None or size is not None
    return SelectionOptions(
        strategy=Strategy(strategy) if strategy else Strategy.GREEDY if several else Strategy.MEAN,
        limit=limit if several else DEFAULT_TEMPLATES,
        budget=size,
        reject_outliers=reject_outliers,
    )


def about_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--created --consent --retain-until``; pass them on to `gallery.metadata.describe`."""
    return with_options(command, _ABOUT_OPTIONS)


def enrollment_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--largest-face --allow-different-faces``."""
    return with_options(command, _ENROLLMENT_OPTIONS)


def take(options: dict[str, Any], *names: str) -> dict[str, Any]:
    """Remove the named options from a command's options and return them."""
    return {name: options.pop(name) for name in names}


def about_from(options: dict[str, Any]) -> dict[str, Any]:
    """The metadata from the options of `about_options`, which are removed from `options`."""
    from ...gallery.metadata import describe

    return describe(**take(options, "created", "consent", "retain_until"))


def person_name(name: str) -> str:
    """The name as stored in a gallery; reports a change."""
    from ...names import change_of, clean_name

    changed = change_of(name)
    if changed:
        note(changed)
    return clean_name(name)


def report_unchecked(card: "ModelCard") -> None:
    """Report that photos are not checked because the embedder has no operating point."""
    if not card.operating_points:
        note("the embedder has no operating point: whether photos show one person and who looks alike is not checked")


def report_several_faces(several: dict[str, int], *, largest_only: bool) -> None:
    """Report every used photo that shows more than one face."""
    which = "the largest is used" if largest_only else "the one of this person is used"
    for photo, faces in several.items():
        note(f"{photo}: {faces} faces found, {which}")


def several_faces_json(several: dict[str, int]) -> list[dict[str, Any]]:
    return [{"photo": photo, "faces": faces} for photo, faces in several.items()]


def report_look_alikes(pairs: "Sequence[LookAlikes]", most: int = 20) -> None:
    """Report the pairs of people that a gallery may confuse."""
    for pair in pairs[:most]:
        note(pair.sentence)
    if len(pairs) > most:
        note(f"{len(pairs) - most:,} more pairs of people look alike")


def report_dropped_points(before: "Gallery", after: "Gallery") -> None:
    """Report that a change made the operating points invalid."""
    if before.operating_points and not after.operating_points:
        note(
            f"{before.source}: its operating points were measured on other templates and are dropped; "
            "run 'edge-siamese gallery calibrate' again"
        )


def report_skipped(skipped: "Sequence[Skipped]") -> None:
    """Report every photo that was not used."""
    for photo in skipped:
        note(f"{photo.photo}: not used: {photo.reason}")


def skipped_json(skipped: "Sequence[Skipped]") -> list[dict[str, str]]:
    return [{"photo": photo.photo, "reason": photo.reason} for photo in skipped]


def summary(gallery: "Gallery") -> dict[str, Any]:
    """Fields of a gallery for the JSON report of a command."""
    return {
        "gallery": gallery.source,
        "sequence": gallery.sequence,
        "embedder_digest": gallery.embedder_digest.hex(),
        "dimension": gallery.dimension,
        "bits": gallery.bits,
        "identities": len(gallery.names),
        "templates": len(gallery.templates),
    }


def counted(gallery: "Gallery") -> str:
    """``3 people, 12 templates`` for messages."""
    bits = f" of {gallery.bits} bits" if gallery.bits < 8 else ""
    return f"{plural(len(gallery.names), 'person', 'people')}, {plural(len(gallery.templates), 'template')}{bits}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """``1 template``, ``2 templates``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
