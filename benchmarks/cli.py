"""``edge-siamese bench``."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.options import engine_options, json_option
from edge_siamese.cli.output import emit_json
from edge_siamese.errors import DataError

if TYPE_CHECKING:
    from edge_siamese.engine import FaceEngine
    from edge_siamese.tflite.runtime import Delegate

    from .report import Report

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


@click.group()
def bench() -> None:
    """Measure latency on this board."""


@bench.command()
@click.option("--repeat", type=click.IntRange(1), default=100, show_default=True, help="Measured runs of each stage.")
@click.option(
    "--templates", type=click.IntRange(1, 1_000_000), default=1000, show_default=True, help="How many to match against."
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
    """Time each step from a photograph to a score, one by one, on a rendered portrait."""
    from edge_siamese.board import identify
    from edge_siamese.engine import FaceEngine

    from .latency import PICTURE_SIZE, sample_portrait, stages
    from .report import Report
    from .samples import collect

    board = identify()
    with FaceEngine.open(embedder, detector, delegate=delegate, threads=threads) as engine:
        samples = {
            stage.name: collect(stage.action, repeat=repeat, warmup=warmup)
            for stage in stages(engine, sample_portrait(), templates)
        }
        about = "one rendered face on {} x {} pixels".format(*PICTURE_SIZE)
        report = Report(board, engine.runtime, delegate, threads, warmup, about, samples)
        _present("bench-latency", report, engine, raw=raw, as_json=as_json)


@bench.command()
@click.argument("source", required=False)
@click.option("--gallery", "gallery_file", type=click.Path(path_type=Path), help="Match against this gallery.")
@click.option(
    "--templates",
    type=click.IntRange(1, 1_000_000),
    default=1000,
    show_default=True,
    help="Without one, against so many.",
)
@click.option("--repeat", type=click.IntRange(1), default=1, show_default=True, help="How often to show the source.")
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
    warmup: int,
    raw: Path | None,
    as_json: bool,
) -> None:
    """Time the whole chain on every frame of SOURCE: a folder, a video, or else a rendered clip.

    Every face of every frame is embedded and matched, which is the most that `run` ever has to do.
    """
    from itertools import islice

    from edge_siamese.board import identify
    from edge_siamese.engine import FaceEngine
    from edge_siamese.gallery import Gallery

    from .galleries import random_gallery
    from .pipeline import frames_of, laps_of_frames, throughput
    from .report import Report

    board = identify()
    with FaceEngine.open(embedder, detector, delegate=delegate, threads=threads) as engine:
        gallery = Gallery.open(gallery_file) if gallery_file else random_gallery(engine.embedder_card, templates)
        gallery.require(engine.embedder_card)
        laps = laps_of_frames(frames_of(source, repeat), engine, gallery)
        result = throughput(islice(laps, warmup, None))
        if not result.frames:
            raise DataError(f"{source}: not one frame is left to measure after a warm-up of {warmup}")
        about = f"{source or 'a rendered clip'}, {len(gallery.templates)} templates"
        report = Report(board, engine.runtime, delegate, threads, warmup, about, result.samples, result.figures())
        _present("bench-pipeline", report, engine, raw=raw, as_json=as_json)


def _present(command: str, report: "Report", engine: "FaceEngine", *, raw: Path | None, as_json: bool) -> None:
    """Print a report, and write its samples where that was asked for."""
    from edge_siamese.atomic import write_atomically

    if raw:
        with write_atomically(raw) as stream:
            stream.write(json.dumps(report.to_json(raw=True), indent=1).encode())
    if as_json:
        emit_json(command, report.to_json(), models=engine.digests)
    else:
        click.echo(report.text())
