"""``edge-siamese run``: identifies people on a camera, video or folder."""

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .event_lines import EventLines
from .run_loop import AllCameras, CameraLoop, SharedSinks, run_loops
from .run_sinks import access_to, served_metrics, stage_timer
from .shared.galleries import PATH, note
from .shared.loop_options import LoopOptions, loop_options
from .shared.numbers import FiniteRange
from .shared.options import Once, engine_options, json_option, renewal_key_option, target_fpir_option
from .shared.sinks import SinkPlan, sink_options
from .shared.web import WebAddress, web_options

if TYPE_CHECKING:
    from ..engine import FaceEngine
    from ..events.jsonl import Rotation
    from ..gallery.updates import GalleryFile
    from ..instrumentation import StageTimer
    from ..protocols import EventSink, FrameSource


@click.command()
@click.option(
    "--camera",
    "cameras",
    multiple=True,
    required=True,
    help="picamera2, a USB camera's number, a URL (rtsp://...), a video file, or a folder, zip or tar of images. "
    "Repeat it for several cameras; NAME=CAMERA gives a camera a name.",
)
@click.option("--gallery", "path", cls=Once, type=PATH, required=True, help="The .esg with the enrolled people.")
@click.option("--events", cls=Once, type=PATH, help="Append every event to this file as a JSON line.")
@click.option(
    "--events-size",
    cls=Once,
    metavar="SIZE",
    help="Begin a new file of --events at this size, such as 10MB; five are kept.",
)
@target_fpir_option
@loop_options
@click.option("--realtime", is_flag=True, help="Play a video file at its frame rate and drop frames like a camera.")
@click.option(
    "--wait/--no-wait", default=True, show_default=True, help="Wait for a live camera that is missing at the start."
)
@click.option("--timeout", type=FiniteRange(0, min_open=True), help="End after this many seconds.")
@click.option(
    "--web",
    "address",
    cls=Once,
    type=WebAddress(),
    help="Serve the page with the live view at this address, such as :8080; a host other than 127.0.0.1 requires a login.",
)
@web_options
@sink_options
@json_option
@engine_options
@renewal_key_option
def run(
    cameras: tuple[str, ...],
    path: Path,
    events: Path | None,
    events_size: str | None,
    target_fpir: float,
    realtime: bool,
    wait: bool,
    timeout: float | None,
    address: tuple[str, int] | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Identify people on cameras, videos or folders until they end, or until Ctrl-C or SIGTERM.

    For a camera or video one line is printed for each change of a decision and for everybody who arrives or leaves, for images
    one for every face. With --json each line is an object of the schema edge-siamese/event/1.

    The gallery is read again when the file changes, and on SIGHUP.
    """
    from ..engine import FaceEngine
    from ..events import json_lines_on
    from ..events.queued import PATIENCE_AT_THE_END_S, SinkGroup
    from ..gallery.updates import GalleryFile
    from ..system.notify import ServiceManager
    from .run_web import RunPage

    plan, rotation = SinkPlan.taken_from(options), _rotation(events, events_size)
    settings = LoopOptions.taken_from(options)
    if settings.record is not None and len(cameras) > 1:
        raise click.UsageError(f"--record: expected one camera, found {len(cameras)}")
    page = RunPage.taken_from(options, address)
    files = [GalleryFile(path) for _ in cameras]
    with ExitStack() as stack:
        engine = stack.enter_context(FaceEngine.open(**options))
        files[0].gallery.require(engine.embedder_card)
        sources = [stack.enter_context(source) for source in _sources(cameras, settings, realtime, wait)]
        lines = EventLines(sources[0].stills, several=len(sources) > 1)
        direct = _direct_sinks(stack, events, rotation, json_lines_on(sys.stdout, warn=note) if as_json else lines)
        if page is not None:
            direct.append(page.hub)
            stack.enter_context(page.served(engine, path, target_fpir, options))
        metrics = served_metrics(stack, plan.metrics_address)
        timer = stage_timer(page.hub.stages if page else None, metrics)
        loops = [
            _camera_loop(stack, source, engine, file, target_fpir, settings, timer if number == 0 else None)
            for number, (source, file) in enumerate(zip(sources, files, strict=True))
        ]
        loops[0].page = page
        everything = AllCameras(loops)

        def reload_all() -> None:
            for file in files:
                file.request_reload()

        _note_operating_point(loops[0], target_fpir, settings.attempts)
        if settings.keep is not None:
            note(settings.keep.sentence)
        queued = plan.start(access_to(everything, reload_all))
        if metrics is not None:
            metrics.watch(everything, queued)
            direct.append(metrics)
        group = stack.enter_context(SinkGroup(direct, queued))
        shared = SharedSinks(group)
        manager = ServiceManager()
        for loop in loops:
            loop.sinks, loop.beat = shared, partial(manager.beat, loop.maker.source)
            shared.emit(loop.started(str(path), engine.delegate))
        stack.enter_context(reloading_on_hangup(reload_all))
        stack.enter_context(manager.running([loop.maker.source for loop in loops]))
        with stopping_on_signals(everything.stop) as signals:
            run_loops(loops, signals, timeout)
        if all(loop.why == "end" for loop in loops):
            group.patience_s = PATIENCE_AT_THE_END_S


def _rotation(events: Path | None, size: str | None) -> "Rotation | None":
    from ..events.jsonl import Rotation
    from ..gallery.templates.budget import parse_size

    if size is None:
        return None
    if events is None:
        raise click.UsageError("--events-size needs --events")
    return Rotation(parse_size(size))


def _direct_sinks(
    stack: ExitStack, events: Path | None, rotation: "Rotation | None", output: "EventSink"
) -> "list[EventSink]":
    """The file and standard output, which the loop writes itself: their events are on the disk when it goes on."""
    from ..events import open_json_lines

    sinks: list[EventSink] = []
    if events is not None:
        sinks.append(stack.enter_context(open_json_lines(events, rotation=rotation, warn=note)))
    return [*sinks, output]


def _sources(cameras: Sequence[str], settings: LoopOptions, realtime: bool, wait: bool) -> "Iterator[FrameSource]":
    """The cameras, each opened when it is taken.

    Raises:
        UsageError: two cameras have one name.
    """
    from ..cameras import named_spec, open_source

    names: set[str] = set()
    for camera in cameras:
        name, spec = named_spec(camera)
        source = open_source(spec, realtime=realtime, wait=wait, view=settings.view, name=name)
        if source.name in names:
            source.close()
            raise click.UsageError(f"--camera: two cameras are named {source.name}; NAME=CAMERA gives another name")
        names.add(source.name)
        yield source


def _camera_loop(
    stack: ExitStack,
    source: "FrameSource",
    engine: "FaceEngine",
    gallery: "GalleryFile",
    target_fpir: float,
    settings: LoopOptions,
    timer: "StageTimer | None",
) -> CameraLoop:
    from ..events import EventMaker
    from ..liveness.challenge import ChallengeLimits
    from ..verifier import Verifier

    verifier = Verifier(
        source,
        engine,
        gallery,
        target_fpir=target_fpir,
        attempts=settings.attempts,
        cool_down_s=settings.cool_down,
        schedule=settings.schedule,
        liveness=ChallengeLimits() if settings.liveness else None,
        timer=timer,
    )
    maker = EventMaker(source.name, engine.digests)
    unknowns = settings.keep.keeper(verifier) if settings.keep is not None else None
    return CameraLoop(verifier, maker, settings.recorder(stack, verifier, maker), unknowns)


def _note_operating_point(loop: CameraLoop, target_fpir: float, attempts: int) -> None:
    """Say how the threshold follows from the gallery and the target, and whether it is strict enough."""
    from ..gallery.operating_point_choice import OperatingPointChoice

    verifier = loop.verifier
    choice = OperatingPointChoice.for_gallery(verifier.gallery, verifier.engine, target_fpir, attempts)
    note(choice.derivation)
    if not choice.sufficient:
        note(
            f"a false match rate of {choice.required_fmr:.2g} is wanted for {choice.people} people, "
            f"the strictest supported is {choice.point.target_fmr:g}: strangers may be named more often than asked"
        )


@contextmanager
def stopping_on_signals(stop: Callable[[], None]) -> Iterator[list[str]]:
    """Call `stop` on the first SIGINT or SIGTERM; a second one has its usual effect. Yields the names of the received signals."""
    came: list[str] = []
    watched = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in watched}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def handle(number: int, _: object) -> None:
        came.append(signal.Signals(number).name)
        restore()
        stop()

    for number in watched:
        signal.signal(number, handle)
    try:
        yield came
    finally:
        restore()


@contextmanager
def reloading_on_hangup(reload: Callable[[], None]) -> Iterator[None]:
    """Call `reload` on SIGHUP, except at a terminal, where SIGHUP means that the terminal was closed."""
    if sys.stdin is not None and sys.stdin.isatty():
        yield
        return
    before = signal.signal(signal.SIGHUP, lambda *_: reload())
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)
