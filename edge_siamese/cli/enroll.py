"""``edge-siamese enroll``: enrolls one person from photos or from a camera."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .shared.enrolling import from_photos, open_for, report_person, require_photos, save_person
from .shared.galleries import (
    PATH,
    about_from,
    about_options,
    enrollment_options,
    look_alike_option,
    note,
    person_name,
    report_several_faces,
    report_unchecked,
    take,
    templates_option,
)
from .shared.numbers import FiniteRange
from .shared.options import engine_options, json_option, renewal_key_option
from .shared.progress import progress_line

if TYPE_CHECKING:
    from ..engine import FaceEngine
    from ..gallery.enrollment.camera import TemplateCollector
    from ..gallery.enrollment.face_choice import ChosenFaces


@click.command()
@click.argument("name")
@click.argument("photos", type=PATH, nargs=-1)
@click.option("--gallery", "path", type=PATH, required=True, help="The .esg to change; created if it does not exist.")
@click.option("--camera", help="picamera2, a camera's number, rtsp://..., a video or a folder, instead of photos.")
@click.option(
    "--frames", type=click.IntRange(1, 100), default=10, show_default=True, help="Number of good frames to use."
)
@click.option(
    "--interval", type=FiniteRange(0, 3600), default=0.4, show_default=True, help="Seconds between two frames."
)
@click.option(
    "--timeout",
    type=FiniteRange(0, 86400),
    default=60.0,
    show_default=True,
    help="Maximum time in seconds to wait for these frames.",
)
@click.option("--guide", is_flag=True, help="With --camera: ask for frames from the front, the left and the right.")
@templates_option
@enrollment_options
@look_alike_option
@about_options
@engine_options
@renewal_key_option
@json_option
def enroll(
    name: str, photos: tuple[Path, ...], path: Path, camera: str | None, limit: int, as_json: bool, **options: Any
) -> None:
    """Add a person to a gallery, from photos or from a camera.

    If a photo shows several faces, the face that matches the person's other photos is used; faces in the background are
    ignored. A camera frame is used if it shows one face of sufficient size; the person may turn the head a little. The mean of
    the photos or frames becomes the template. Photos or frames of different people are rejected, and so is a person who is
    in the gallery under another name.
    """
    from ..engine import FaceEngine
    from ..gallery.enrollment.person import Permissions

    if bool(photos) == (camera is not None):
        raise click.UsageError("give either photos or --camera")
    if camera == "":
        raise click.UsageError("--camera: expected a camera, a URL, a video or a folder, found nothing")
    if options["guide"] and camera is None:
        raise click.UsageError("--guide needs --camera")
    about, name = about_from(options), person_name(name)
    require_photos(photos)
    permissions = Permissions(options.pop("allow_different_faces"), options.pop("allow_look_alike"))
    largest_only, pace = options.pop("largest_only"), take(options, "frames", "interval", "timeout", "guide")
    with FaceEngine.open(**options) as engine:
        gallery = open_for(name, path, engine.embedder_card, about)
        report_unchecked(engine.embedder_card)
        if camera is None:
            chosen = from_photos(photos, name, gallery, engine, largest_only=largest_only)
        else:
            chosen = _from_camera(camera, engine, **pace)
        card, digests = engine.embedder_card, engine.digests
    written, other = save_person(path, name, chosen, card, permissions, limit=limit, about=about)
    unit = "photo" if camera is None else "frame"
    report_person("enroll", written, name, chosen, other, unit=unit, as_json=as_json, models=digests)


def _from_camera(
    camera: str, engine: "FaceEngine", frames: int, interval: float, timeout: float, guide: bool
) -> "ChosenFaces":
    from ..cameras import open_source
    from ..gallery.enrollment.camera import capture_faces
    from ..gallery.enrollment.guide import PoseGuide

    begun = time.monotonic()
    with open_source(camera) as source, progress_line("good frames") as progress:
        chosen = capture_faces(
            source,
            engine,
            count=frames,
            interval=0.0 if source.stills else interval,
            timeout=timeout if source.live else None,
            begun=begun,
            taken=progress,
            guide=PoseGuide(frames) if guide else None,
            feedback=Feedback(frames) if guide else None,
        )
    report_several_faces(chosen.several, largest_only=False)
    return chosen


class Feedback:
    """Says on stderr what the person should do, and what is wrong with the frame; only changes are printed.

    Args:
        count: number of frames to take.
    """

    def __init__(self, count: int) -> None:
        self._count, self._said = count, ""

    def __call__(self, capture: "TemplateCollector") -> None:
        """Print what to do now, after a frame."""
        guide = capture.guide
        asked = guide.prompt if guide else ""
        problem = "" if capture.problem.startswith("asked to") else capture.problem
        sentence = f"{len(capture.templates)} of {self._count}: {asked or 'done'}{f' ({problem})' if problem else ''}"
        if sentence != self._said:
            self._said = sentence
            note(sentence)
