"""``edge-siamese bench pipeline``: the loop of ``run``, as fast as it can or at a sustained rate."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.numbers import FiniteRange
from edge_siamese.errors import DataError

from .measured import length_options, open_engine, run_length, timing_options, timing_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge_siamese.protocols import FrameSource
    from edge_siamese.tflite.runtime import Delegate

    from ..timing.measuring import Measurement
    from ..timing.pipeline import PipelineTimer, SustainedRate


@click.command()
@click.argument("source", required=False)
@click.option("--gallery", "gallery_file", type=click.Path(path_type=Path), help="Match against this gallery.")
@click.option("--rate", type=FiniteRange(0.1, 1000), help="Frames a second, whether or not the board keeps up.")
@length_options
@timing_options
def pipeline(
    source: str | None,
    gallery_file: Path | None,
    rate: float | None,
    embedder: Path | None,
    detector: Path | None,
    delegate: "Delegate",
    threads: int,
    kernels: str | None,
    quick: bool,
    repeat: int | None,
    warmup: int | None,
    max_seconds: float | None,
    templates: int,
    raw: Path | None,
    as_json: bool,
) -> None:
    """Measure the loop of `run` on SOURCE: a folder, video or camera; default: a rendered clip.

    SOURCE is repeated until 1,024 frames and 60 s are measured, unless --quick or --repeat (frames) says otherwise.

    With --rate, frames arrive at that rate, and latency counts from the time at which a frame arrives: also the time that it
    waits because the frames before it were slow.
    """
    from ..timing.clock import ClockCheck
    from ..timing.pipeline import PipelineTimer, SustainedRate, run
    from ..timing.synthetic_gallery import random_gallery

    length, mode = run_length(quick, repeat, warmup, max_seconds)
    with open_engine(embedder, detector, delegate, threads, kernels) as engine:
        gallery = _gallery(gallery_file) if gallery_file else random_gallery(engine.embedder_card, templates)
        about = f"{source or 'a rendered clip of 320 x 240 pixels'}, {len(gallery.templates)} templates"
        if rate:
            about += f", {rate:g} frames a second"
        open_frames = _opener(source, rate)
        with timing_run("pipeline", engine, mode=mode, warmup=length.warmup, about=about, raw=raw) as timed:
            timer = PipelineTimer(length, recorder=timed.journal)
            pace = SustainedRate(rate) if rate else None
            with timed.monitor:
                measurement = run(open_frames, engine, gallery, timer, rate=pace, check=ClockCheck(timer.clock))
            if not timer.frames and not measurement.partial:
                raise DataError(
                    f"{about}: expected frames to measure, found {timer.seen} with a warm-up of {length.warmup}"
                )
            timed.present(measurement, _metrics(timer, measurement, pace), as_json=as_json)


def _gallery(path: Path) -> Any:
    from edge_siamese.gallery import Gallery

    return Gallery.open(path)


def _opener(source: str | None, rate: float | None) -> "Callable[[], FrameSource]":
    """Function that opens the source for each pass.

    Raises:
        DataError: a live camera with a rate.
    """
    from edge_siamese.cameras import open_source

    from ..timing.pipeline import ClipSource

    if source is None:
        return ClipSource
    if rate:
        with open_source(source) as opened:
            if opened.live:
                raise DataError(f"{source}: a live camera has its own rate; expected a folder or a video with --rate")
    return partial(open_source, source)


def _metrics(timer: "PipelineTimer", measurement: "Measurement", rate: "SustainedRate | None") -> dict[str, Any]:
    metrics: dict[str, Any] = timer.metrics()
    if rate and (responses := measurement.samples.get("response")):
        falls_behind = rate.falls_behind(responses)
        metrics |= {"offered_frames_per_second": round(1e9 / rate.period_ns, 3), "falls_behind": falls_behind}
    return metrics
