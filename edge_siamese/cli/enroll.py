"""``edge-siamese enroll``: one person, from photos or in front of a camera."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .shared.galleries import (
    PATH,
    about_options,
    counted,
    model_options,
    plural,
    reference_engine,
    require_gallery,
    save_enrolled,
    skipped_json,
    summary,
    tell_skipped,
    templates_option,
)
from .shared.options import json_option
from .shared.output import emit_json
from .shared.progress import progress_line

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ..engine import FaceEngine


@click.command()
@click.argument("name")
@click.argument("photos", type=PATH, nargs=-1)
@click.option("--gallery", "path", type=PATH, required=True, help="The .esg to change; made when it is not there.")
@click.option("--camera", help="picamera2, a camera's number, rtsp://..., a video or a folder, instead of photos.")
@click.option("--frames", type=click.IntRange(1, 100), default=10, show_default=True, help="Good frames to take.")
@click.option(
    "--interval", type=click.FloatRange(0), default=0.4, show_default=True, help="Seconds between two frames."
)
@click.option("--timeout", type=click.FloatRange(0), default=60.0, show_default=True, help="Seconds to wait for them.")
@templates_option
@about_options
@model_options
@json_option
def enroll(
    name: str,
    photos: tuple[Path, ...],
    path: Path,
    camera: str | None,
    frames: int,
    interval: float,
    timeout: float,
    limit: int,
    created: str | None,
    consent: str | None,
    retain_until: str | None,
    as_json: bool,
    **models: Any,
) -> None:
    """Add a person to a gallery, from photos (the largest face of each) or from a camera.

    A camera's frame is taken when it shows exactly one face, large enough. The person may turn the head a little
    meanwhile: the mean of the frames is remembered.
    """
    from ..gallery.enrollment.photos import Skipped, embed_photos
    from ..gallery.metadata import describe
    from ..gallery.names import clean_name

    if bool(photos) == bool(camera):
        raise click.UsageError("give either photos or --camera")
    about = describe(created=created, consent=consent, retain_until=retain_until)
    name, skipped = clean_name(name), list[Skipped]()
    with reference_engine(**models) as engine:
        require_gallery(path, engine.embedder_card)
        if camera:
            templates = _from_camera(camera, engine, frames, interval, timeout)
        else:
            templates, skipped = embed_photos(photos, engine)
        card, digests = engine.embedder_card, engine.digests
    tell_skipped(skipped)
    written = save_enrolled(path, name, templates, card, limit=limit, about=about)
    kept = len(written.templates_of(name))
    if as_json:
        body = {"name": name, "used": len(templates), "kept": kept, "skipped": skipped_json(skipped)}
        emit_json("enroll", summary(written) | body, models=digests)
    else:
        images = plural(len(templates), "frame" if camera else "photo")
        click.echo(f"{path}: {name} has {plural(kept, 'template')} from {images}; {counted(written)}")


def _from_camera(
    camera: str, engine: "FaceEngine", count: int, interval: float, timeout: float
) -> "npt.NDArray[np.int8]":
    from ..cameras import open_source
    from ..gallery.enrollment.camera import capture_templates

    with open_source(camera) as source, progress_line("good frames") as progress:
        return capture_templates(
            source,
            engine,
            count=count,
            interval=0.0 if source.stills else interval,
            timeout=timeout if source.live else None,
            taken=progress,
        )
