"""``edge-siamese run``: watch a camera, video or folder and tell who is there."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .shared.galleries import PATH
from .shared.options import engine_options, json_option, target_fpir_option

if TYPE_CHECKING:
    from ..events import Event, EventMaker
    from ..protocols import EventSink
    from ..verifier import Verifier


@click.command()
@click.option(
    "--camera",
    required=True,
    envvar="EDGE_SIAMESE_CAMERA",
    help="picamera2, a USB camera's number, a URL (rtsp://...), a video file, or a folder or zip of images.",
)
@click.option("--gallery", "path", type=PATH, required=True, help="The .esg with the people to look for.")
@click.option("--events", type=PATH, help="Append every event to this file as a JSON line.")
@target_fpir_option
@click.option("--realtime", is_flag=True, help="Play a video file at its own pace, dropping frames as a camera does.")
@json_option
@engine_options
def run(
    camera: str,
    path: Path,
    events: Path | None,
    target_fpir: float,
    realtime: bool,
    as_json: bool,
    **engine_settings: Any,
) -> None:
    """Watch a camera, video or folder and tell who is there, until it ends or Ctrl-C or SIGTERM comes.

    For a camera or video a line is told whenever a decision changes, for images one for every face. With --json each
    is an object of the schema edge-siamese/event/1.
    """
    from ..cameras import open_source
    from ..engine import FaceEngine
    from ..events import EventMaker, JsonLines, open_json_lines
    from ..gallery import Gallery
    from ..verifier import Verifier

    gallery = Gallery.open(path)
    with ExitStack() as stack:
        engine = stack.enter_context(FaceEngine.open(**engine_settings))
        gallery.require(engine.embedder_card)
        source = stack.enter_context(open_source(camera, realtime=realtime))
        sinks: list[EventSink] = [] if events is None else [stack.enter_context(open_json_lines(events))]
        sinks.append(JsonLines(sys.stdout) if as_json else _Lines(source.stills))
        verifier = Verifier(source, engine, gallery, target_fpir=target_fpir)
        point, expected = verifier.operating_point, gallery.required_fmr(target_fpir)
        if point.target_fmr > expected * (1 + 1e-9):
            click.echo(
                f"edge-siamese: a false match rate of {expected:.2g} is wanted for {len(gallery.names)} people, "
                f"the strictest supported is {point.target_fmr:g}: strangers may be named more often than asked",
                err=True,
            )
        maker = EventMaker(source.name, engine.digests)
        detail = {"identities": len(gallery.names), "delegate": engine.delegate, "operating_point": point.to_json()}
        _tell(sinks, maker.started(gallery=str(path), **detail))
        _watch(verifier, maker, sinks)


def _watch(verifier: "Verifier", maker: "EventMaker", sinks: "list[EventSink]") -> None:
    """Tell every change; the last event is told however the watching ends."""
    from ..verifier import FaceResult

    why = "failed"
    try:
        with stopping_on_signals(verifier.stop) as signals:
            for item in verifier.watch():
                if not isinstance(item, FaceResult):
                    _tell(sinks, maker.event(item))
                elif item.changed:
                    _tell(sinks, maker.decision(item))
        why = signals[0] if signals else "end"
    finally:
        counters = verifier.counters.to_json() | {"dropped": verifier.source.dropped}
        _tell(sinks, maker.stopped(why=why, **counters))


@contextmanager
def stopping_on_signals(stop: Callable[[], None]) -> Iterator[list[str]]:
    """Call `stop` on the first SIGINT or SIGTERM; a second one has its usual effect. Gives the names of those that came."""
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


def _tell(sinks: "list[EventSink]", event: "Event") -> None:
    for sink in sinks:
        sink.emit(event)


class _Lines:
    """Tells people: decisions on stdout, everything else on stderr."""

    def __init__(self, stills: bool) -> None:
        self._stills = stills

    def emit(self, event: "Event") -> None:
        body = event.to_json()
        if event.kind == "decision":
            click.echo(f"{body['time'][11:23]}  {self._place(body)}  {_verdict(body)}")
        elif event.kind != "started":
            detail = ", ".join(f"{key} {value}" for key, value in body["detail"].items())
            click.echo(f"{body['time'][11:23]}  {event.source}  {event.kind.replace('_', ' ')}: {detail}", err=True)

    def close(self) -> None:
        """Nothing is held open."""

    def _place(self, body: dict[str, Any]) -> str:
        if body["track"] is None:
            return str(body["source"])
        number = f"face {body['face'] + 1}" if self._stills else f"track {body['track']}"
        return f"{body['source']}  {number}"


def _verdict(body: dict[str, Any]) -> str:
    if body["decision"] == "match":
        return f"{body['identity']}  ({body['score']:.3f}, from {body['threshold']:.3f} on)"
    if body["decision"] == "undecided":
        return f"cannot tell: {body['reason'].replace('_', ' ')}"
    return "unknown" if body["score"] is None else f"unknown  ({body['score']:.3f}, below {body['threshold']:.3f})"
