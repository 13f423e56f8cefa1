"""``edge-siamese run``: identifies people on a camera, video or folder."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .event_lines import EventLines
from .run_sinks import access_to, served_metrics, stage_timer
from .shared.galleries import PATH, note
from .shared.numbers import FiniteRange
from .shared.options import Once, engine_options, json_option, target_fpir_option
from .shared.sinks import SinkPlan, sink_options
from .shared.web import WebAddress, web_options

if TYPE_CHECKING:
    from ..events import EventMaker
    from ..events.jsonl import Rotation
    from ..events.queued import SinkGroup
    from ..protocols import EventSink
    from ..verifier import Verifier
    from .run_web import RunPage


@click.command()
@click.option(
    "--camera",
    cls=Once,
    required=True,
    help="picamera2, a USB camera's number, a URL (rtsp://...), a video file, or a folder, zip or tar of images.",
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
def run(
    camera: str,
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
    """Identify people on a camera, video or folder until it ends, or until Ctrl-C or SIGTERM.

    For a camera or video one line is printed for each change of a decision, for images one for every face. With --json each
    line is an object of the schema edge-siamese/event/1.

    The gallery is read again when the file changes, and on SIGHUP.
    """
    from ..cameras import open_source
    from ..engine import FaceEngine
    from ..events import EventMaker
    from ..events.queued import SinkGroup
    from ..gallery.updates import GalleryFile
    from ..verifier import Verifier
    from .run_web import RunPage

    plan, rotation = SinkPlan.taken_from(options), _rotation(events, events_size)
    page = RunPage.taken_from(options, address)
    gallery_file = GalleryFile(path)
    with ExitStack() as stack:
        engine = stack.enter_context(FaceEngine.open(**options))
        gallery_file.gallery.require(engine.embedder_card)
        source = stack.enter_context(open_source(camera, realtime=realtime, wait=wait))
        direct = _direct_sinks(stack, events, rotation, as_json=as_json, stills=source.stills)
        if page is not None:
            direct.append(page.hub)
            stack.enter_context(page.served(engine, path, target_fpir, options))
        metrics = served_metrics(stack, plan.metrics_address)
        timer = stage_timer(page.hub.stages if page else None, metrics)
        verifier = Verifier(source, engine, gallery_file, target_fpir=target_fpir, timer=timer)
        _note_weak_point(verifier, target_fpir)
        maker = EventMaker(source.name, engine.digests)
        detail = {
            "identities": len(verifier.gallery.names),
            "delegate": engine.delegate,
            "operating_point": verifier.operating_point.to_json(),
        }
        queued = plan.start(access_to(verifier, gallery_file))
        if metrics is not None:
            metrics.watch(verifier, queued)
            direct.append(metrics)
        sinks = stack.enter_context(SinkGroup(direct, queued))
        sinks.emit(maker.started(gallery=str(path), **detail))
        stack.enter_context(reloading_on_hangup(gallery_file.request_reload))
        _watch(verifier, maker, sinks, timeout, page)


def _rotation(events: Path | None, size: str | None) -> "Rotation | None":
    from ..events.jsonl import Rotation
    from ..gallery.templates.budget import parse_size

    if size is None:
        return None
    if events is None:
        raise click.UsageError("--events-size needs --events")
    return Rotation(parse_size(size))


def _direct_sinks(
    stack: ExitStack, events: Path | None, rotation: "Rotation | None", *, as_json: bool, stills: bool
) -> "list[EventSink]":
    """The file and standard output, which the loop writes itself: their events are on the disk when it goes on."""
    from ..events import json_lines_on, open_json_lines

    sinks: list[EventSink] = []
    if events is not None:
        sinks.append(stack.enter_context(open_json_lines(events, rotation=rotation, warn=note)))
    sinks.append(json_lines_on(sys.stdout, warn=note) if as_json else EventLines(stills))
    return sinks


def _note_weak_point(verifier: "Verifier", target_fpir: float) -> None:
    point, people = verifier.operating_point, len(verifier.gallery.names)
    required = verifier.gallery.required_fmr(target_fpir)
    if not point.is_strict_enough(required):
        note(
            f"a false match rate of {required:.2g} is wanted for {people} people, "
            f"the strictest supported is {point.target_fmr:g}: strangers may be named more often than asked"
        )


def _watch(
    verifier: "Verifier",
    maker: "EventMaker",
    sinks: "SinkGroup",
    timeout: float | None,
    page: "RunPage | None" = None,
) -> None:
    """Emit every change; always emits the event ``stopped`` at the end."""
    from ..cameras.base import stopped_after
    from ..events.queued import PATIENCE_AT_THE_END_S
    from ..verifier import FaceResult

    why = "failed"
    try:
        with stopping_on_signals(verifier.stop) as signals, stopped_after(verifier.source, timeout) as over:
            for item in verifier.watch():
                if not isinstance(item, FaceResult):
                    sinks.emit(maker.event(item))
                    continue
                if page is not None:
                    page.hub.show(item)
                if item.changed:
                    sinks.emit(maker.decision(item))
        why = signals[0] if signals else "timeout" if over.is_set() else "end"
        if why == "end":
            sinks.patience_s = PATIENCE_AT_THE_END_S
    finally:
        source = verifier.source
        counters = verifier.counters.to_json() | {"dropped": source.dropped, "unreadable": source.unreadable}
        sinks.emit(maker.stopped(why=why, **counters))


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
