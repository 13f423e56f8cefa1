"""``edge-siamese bench``."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.options import engine_options, json_option
from edge_siamese.cli.output import emit_json, table
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
    """Measure latency and accuracy on this board."""


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
@click.option("--repeat", type=click.IntRange(1), default=1, show_default=True, help="How often to show SOURCE.")
@click.option("--frames", type=click.IntRange(1), help="Measure no more than this; a camera does not end by itself.")
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
    """Time the loop of `run` on SOURCE: a folder, video or camera, or else a rendered clip."""
    from edge_siamese.board import identify
    from edge_siamese.cameras import open_source
    from edge_siamese.engine import FaceEngine
    from edge_siamese.gallery import Gallery

    from .galleries import random_gallery
    from .pipeline import ClipSource, Timings, run
    from .report import Report

    board, timings = identify(), Timings(warmup)
    open_frames = ClipSource if source is None else partial(open_source, source)
    with FaceEngine.open(embedder, detector, delegate=delegate, threads=threads) as engine:
        gallery = Gallery.open(gallery_file) if gallery_file else random_gallery(engine.embedder_card, templates)
        run(open_frames, engine, gallery, timings, repeat=repeat, most=frames)
        about = f"{source or 'a rendered clip of 320 x 240 pixels'}, {len(gallery.templates)} templates"
        if not timings.frames:
            raise DataError(f"{about}: expected frames to measure, found none after a warm-up of {warmup}")
        report = Report(board, engine.runtime, delegate, threads, warmup, about, timings.samples, timings.figures())
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


@bench.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--people", type=click.IntRange(1), default=20, show_default=True, help="How many to enrol.")
@click.option("--photos", type=click.IntRange(1), default=5, show_default=True, help="With how many photographs each.")
@click.option("--target-fpir", type=float, default=(1e-3, 1e-2), show_default=True, multiple=True)
@click.option(
    "--keep", type=click.Path(path_type=Path), help="Write what is shown, and the gallery, to this new folder."
)
@json_option
@engine_options
def accuracy(
    data: Path,
    people: int,
    photos: int,
    target_fpir: tuple[float, ...],
    keep: Path | None,
    as_json: bool,
    embedder: Path | None,
    detector: Path | None,
    delegate: "Delegate",
    threads: int,
) -> None:
    """Identify people of DATA (<person>/<photo>) through the loop of `run`, as stills and as a video.

    Some are enrolled, the others are strangers. The operating points are those of the model.
    """
    from tempfile import TemporaryDirectory

    from edge_siamese.albums import Album
    from edge_siamese.engine import FaceEngine

    from . import accuracy as measure

    album = Album(data)
    split = measure.split_open_set(album, people, photos)
    if keep and keep.exists():
        raise DataError(f"{keep}: expected a folder that is not there yet")
    with TemporaryDirectory() as scratch:
        folder = keep or Path(scratch)
        measure.write_open_set(album, split, folder)
        with FaceEngine.open(embedder, detector, delegate="reference") as reference:
            gallery = measure.enrol(folder, reference).save(folder / "people.esg")
        results = []
        with FaceEngine.open(embedder, detector, delegate=delegate, threads=threads) as engine:
            for fpir in target_fpir:
                point = gallery.operating_point(engine.embedder_card, fpir)
                for identify in (measure.identify_stills, measure.identify_video):
                    result = identify(folder, split, engine, gallery, fpir)
                    results.append({"target_fpir": fpir, "operating_point": point.to_json()} | result.to_json())
            digests = engine.digests
    if as_json:
        body = {"enrolled_people": people, "photos_each": photos, "delegate": delegate, "results": results}
        emit_json("bench-accuracy", body, models=digests)
    else:
        click.echo(_accuracy_table(results))


def _accuracy_table(results: list[dict[str, Any]]) -> str:
    from edge_siamese.matching import Q15

    header = ("shown as", "target FPIR", "threshold", "enrolled: named rightly", "wrongly", "strangers: named")
    rows = [
        (
            result["shown_as"],
            f"{result['target_fpir']:g}",
            f"{result['operating_point']['threshold'] / Q15:.3f}",
            f"{result['named_rightly']:.1%} of {result['enrolled_pictures']}",
            f"{result['named_wrongly']:.1%}",
            f"{result['strangers_named']:.1%} of {result['stranger_pictures']}",
        )
        for result in results
    ]
    return table(rows, header=header)
