"""``edge-siamese bench latency`` and ``pipeline``: timing on this machine."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.options import engine_options, json_option
from edge_siamese.cli.shared.output import emit_json
from edge_siamese.errors import DataError

if TYPE_CHECKING:
    from edge_siamese.engine import FaceEngine
    from edge_siamese.tflite.runtime import Delegate

    from ..timing.report import Report

_RAW_OPTION = click.option(
    "--raw", type=click.Path(path_type=Path, dir_okay=False), help="Also write every sample to this JSON file."
)
_WARMUP_OPTION = click.option(
    "--warmup", type=click.IntRange(0), default=10, show_default=True, help="Runs before the measured ones."
)


def _measuring(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that every benchmark has."""
    for option in (_RAW_OPTION, json_option, _WARMUP_OPTION):
        command = option(command)
    return engine_options(command)


@click.command()
@click.option("--repeat", type=click.IntRange(1), default=100, show_default=True, help="Measured runs of each stage.")
@click.option(
    "--templates",
    type=click.IntRange(1, 1_000_000),
    default=1000,
    show_default=True,
    help="Number of templates to match against.",
)
@_measuring
def latency(
    embedder: Path | None,
    detector: Path | None,
    delegate: "Delegate",
    threads: int,
    repeat: int,
    warmup: int,
    templates: int,
    raw: Path | None,
    as_json: bool,
) -> None:
    """Measure the latency of each step from photo to score, on a rendered portrait."""
    from edge_siamese.engine import FaceEngine
    from edge_siamese.system.host import detect_host

    from ..timing.latency import IMAGE_SIZE, sample_portrait, stages
    from ..timing.measuring import RunLength, measure
    from ..timing.report import Report

    host = detect_host()
    with FaceEngine.open(embedder, detector, delegate=delegate, threads=threads) as engine:
        actions = {stage.name: stage.action for stage in stages(engine, sample_portrait(), templates)}
        length = RunLength(warmup=warmup, queries=repeat, seconds=0, max_seconds=600, per_block=1)
        samples = measure(actions, length).samples
        about = "one rendered face on {} x {} pixels".format(*IMAGE_SIZE)
        report = Report(host, engine.runtime, delegate, threads, warmup, about, samples)
        _present("bench-latency", report, engine, raw=raw, as_json=as_json)


@click.command()
@click.argument("source", required=False)
@click.option("--gallery", "gallery_file", type=click.Path(path_type=Path), help="Match against this gallery.")
@click.option(
    "--templates",
    type=click.IntRange(1, 1_000_000),
    default=1000,
    show_default=True,
    help="Number of templates without --gallery.",
)
@click.option("--repeat", type=click.IntRange(1), default=1, show_default=True, help="Number of passes over SOURCE.")
@click.option("--frames", type=click.IntRange(1), help="Maximum number of frames to measure.")
@_measuring
def pipeline(
    source: str | None,
    gallery_file: Path | None,
    embedder: Path | None,
    detector: Path | None,
    delegate: "Delegate",
    threads: int,
    templates: int,
    repeat: int,
    frames: int | None,
    warmup: int,
    raw: Path | None,
    as_json: bool,
) -> None:
    """Measure the throughput of `run` on SOURCE: a folder, video or camera; default: a rendered clip."""
    from edge_siamese.cameras import open_source
    from edge_siamese.engine import FaceEngine
    from edge_siamese.gallery import Gallery
    from edge_siamese.system.host import detect_host

    from ..timing.pipeline import ClipSource, Timings, run
    from ..timing.report import Report
    from ..timing.synthetic_gallery import random_gallery

    host, timings = detect_host(), Timings(warmup)
    open_frames = ClipSource if source is None else partial(open_source, source)
    with FaceEngine.open(embedder, detector, delegate=delegate, threads=threads) as engine:
        gallery = Gallery.open(gallery_file) if gallery_file else random_gallery(engine.embedder_card, templates)
        run(open_frames, engine, gallery, timings, repeat=repeat, maximum=frames)
        about = f"{source or 'a rendered clip of 320 x 240 pixels'}, {len(gallery.templates)} templates"
        if not timings.frames:
            raise DataError(f"{about}: expected frames to measure, found none after a warm-up of {warmup}")
        report = Report(host, engine.runtime, delegate, threads, warmup, about, timings.by_stage(), timings.metrics())
        _present("bench-pipeline", report, engine, raw=raw, as_json=as_json)


def _present(command: str, report: "Report", engine: "FaceEngine", *, raw: Path | None, as_json: bool) -> None:
    """Print a report, and write its samples if requested."""
    from edge_siamese.atomic import write_atomically

    if raw:
        with write_atomically(raw) as stream:
            stream.write(json.dumps(report.to_json(raw=True), indent=1).encode())
    if as_json:
        emit_json(command, report.to_json(), models=engine.digests)
    else:
        click.echo(report.text())
