"""What the commands about galleries share."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import Decorator, detector_option, embedder_option, threads_option, with_options

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ...engine import FaceEngine
    from ...gallery import Gallery
    from ...gallery.enrollment.photos import Skipped
    from ...gallery.templates.selection import SelectionOptions
    from ...tflite.model_card import ModelCard

PATH = click.Path(path_type=Path)
STRATEGIES = ("mean", "greedy", "medoid", "k-medoids", "farthest-first")

templates_option: Decorator = click.option(
    "--templates-per-person",
    "limit",
    type=click.IntRange(1, 1000),
    default=5,
    show_default=True,
    help="How many templates a person keeps, one for each time of enrolling; the most representative ones.",
)

_MODEL_OPTIONS = (embedder_option, detector_option, threads_option)
_ABOUT_OPTIONS = (
    click.option("--created", help="Time to write down, such as 2025-01-31T12:00:00Z; else SOURCE_DATE_EPOCH or now."),
    click.option("--consent", help="Who agreed to what, and where that is kept."),
    click.option("--retain-until", help="Last day it may be kept, such as 2026-01-31."),
)


def note(sentence: str) -> None:
    """Say something on stderr that is no error."""
    click.echo(f"edge-siamese: {sentence}", err=True)


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--embedder --detector --threads``; pass them on to `reference_engine`."""
    return with_options(command, _MODEL_OPTIONS)


def selection_options(*strategies: str) -> Decorator:
    """Add ``--templates-per-person --strategy --budget --reject-outliers``; pass them on to `selection_from`.

    Args:
        strategies: to choose from.
    """
    options = (
        click.option(
            "--templates-per-person",
            "limit",
            type=click.IntRange(1, 1000),
            help="How many templates a person keeps at most.  [default: 1; of another strategy than 'mean' 5; with "
            "--budget, as many as fit]",
        ),
        click.option(
            "--strategy",
            type=click.Choice(strategies),
            help="How they are chosen among all; 'mean' remembers one mean of all.  [default: mean; greedy where more than "
            "one template is asked for]",
        ),
        click.option(
            "--budget", metavar="SIZE", help="Bytes the whole .esg may have, such as 8kB (8000) or 8KiB (8192)."
        ),
        click.option("--reject-outliers", is_flag=True, help="Leave out photos too unlike the others of their person."),
    )
    return lambda command: with_options(command, options)


def selection_from(
    *, limit: int | None, strategy: str | None, budget: str | None, reject_outliers: bool
) -> "SelectionOptions":
    """How templates are chosen, from the options of `selection_options`."""
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


def reference_engine(embedder: Path | None, detector: Path | None, threads: int) -> "FaceEngine":
    """An engine that computes the same on every machine, as galleries are made with."""
    from ...engine import FaceEngine

    return FaceEngine.open(embedder, detector, delegate="reference", threads=threads)


def save_enrolled(
    path: Path,
    name: str,
    templates: "npt.NDArray[np.int8]",
    card: "ModelCard",
    *,
    limit: int,
    about: dict[str, Any],
) -> "Gallery":
    """Add the mean of int8 ``(n, D)`` templates to the gallery file as it is now; a new one is made where there is none."""
    from ...gallery import Gallery
    from ...gallery.templates.mean import mean_template

    gallery = Gallery.open(path) if path.exists() else Gallery.empty(card, {"created": about["created"]})
    gallery.require(card)
    changed = gallery.with_people({name: mean_template(templates, card.zero_point)[None]}, limit=limit, about=about)
    tell_dropped_points(gallery, changed)
    return changed.save(path)


def require_gallery(path: Path, card: "ModelCard") -> None:
    """Refuse early what `enroll` would refuse: a damaged gallery, or one of another embedder."""
    from ...gallery import Gallery

    if path.exists():
        Gallery.open(path).require(card)


def tell_dropped_points(before: "Gallery", after: "Gallery") -> None:
    """Say that a change made the operating points void."""
    if before.operating_points and not after.operating_points:
        note(
            f"{before.source}: its operating points were measured on other templates and are dropped; "
            "run 'edge-siamese gallery calibrate' again"
        )


def tell_skipped(skipped: "Sequence[Skipped]") -> None:
    """Name every photo that was not used."""
    for photo in skipped:
        note(f"{photo.photo}: not used: {photo.reason}")


def skipped_json(skipped: "Sequence[Skipped]") -> list[dict[str, str]]:
    return [{"photo": photo.photo, "reason": photo.reason} for photo in skipped]


def summary(gallery: "Gallery") -> dict[str, Any]:
    """A gallery for the JSON document of a command."""
    return {
        "gallery": gallery.source,
        "sequence": gallery.sequence,
        "embedder_digest": gallery.embedder_digest.hex(),
        "dimension": gallery.dimension,
        "identities": len(gallery.names),
        "templates": len(gallery.templates),
    }


def counted(gallery: "Gallery") -> str:
    """``3 people, 12 templates`` for messages."""
    return f"{plural(len(gallery.names), 'person', 'people')}, {plural(len(gallery.templates), 'template')}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """``1 template``, ``2 templates``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
