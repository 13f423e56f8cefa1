"""``edge-siamese bench accuracy``: verification, or open-set identification, with the latency of the same runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.numbers import RATE
from edge_siamese.cli.shared.options import engine_options, json_option
from edge_siamese.cli.shared.output import emit_json, table
from edge_siamese.cli.shared.progress import progress_line
from edge_siamese.cli.shared.unused import report_dataset, report_unreadable, skipped_files_json, unreadable_json
from edge_siamese.errors import DataError

if TYPE_CHECKING:
    from edge_siamese.identity_dataset import IdentityDataset

_OPEN_SET_ONLY = ("people", "photos", "target_fpir", "keep")


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--protocol",
    type=click.Choice(["verification", "all-pairs", "open-set"]),
    default="verification",
    show_default=True,
    help="verification uses the pairs.txt of DATA if it has one, else all pairs.",
)
@click.option(
    "--people", type=click.IntRange(1), default=20, show_default=True, help="open-set: number of people to enroll."
)
@click.option(
    "--photos", type=click.IntRange(1), default=5, show_default=True, help="open-set: number of photos per person."
)
@click.option(
    "--target-fpir", type=RATE, default=(1e-3, 1e-2), show_default=True, multiple=True, help="open-set; repeatable."
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    help="open-set: write the images, the video and the gallery to this new folder.",
)
@json_option
@engine_options
@click.pass_context
def accuracy(context: click.Context, /, data: Path, protocol: str, as_json: bool, **settings: Any) -> None:
    """Measure the accuracy on DATA (<person>/<photo>) with the chosen runtime, delegate and threads, and their latency.

    The latency is that of the same runs. `open-set` identifies people with the verifier of `run`, on images and on a video:
    some people are enrolled, the others are strangers, and the operating points are those of the model.
    """
    from edge_siamese.identity_dataset import IdentityDataset

    open_set = {name: settings.pop(name) for name in _OPEN_SET_ONLY}
    given = [
        name for name in _OPEN_SET_ONLY if context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT
    ]
    if given and protocol != "open-set":
        option = given[0].replace("_", "-")
        raise click.UsageError(f"--{option} is for --protocol open-set: expected that, found {protocol}")
    with IdentityDataset(data) as dataset:
        report_dataset(dataset)
        if protocol == "open-set":
            _open_set(dataset, as_json, settings, **open_set)
        else:
            _verification(dataset, protocol == "all-pairs", as_json, settings)


def _verification(dataset: "IdentityDataset", all_pairs: bool, as_json: bool, settings: dict[str, Any]) -> None:
    from edge_siamese.engine import FaceEngine

    from ..accuracy.verification import verify_timed

    with FaceEngine.open(**settings) as engine, progress_line("photos") as progress:
        result = verify_timed(dataset, engine, all_pairs=all_pairs, progress=progress)
        digests = engine.digests
    report_unreadable(result.embedded.unreadable, "counted as a photo without a face")
    if as_json:
        body = result.to_json() | {"unreadable": unreadable_json(result.embedded.unreadable)}
        body |= {"skipped": skipped_files_json(dataset.skipped), "notes": dataset.notes}
        emit_json("bench-accuracy", body, models=digests)
    else:
        click.echo(result.text())


def _open_set(
    dataset: "IdentityDataset",
    as_json: bool,
    settings: dict[str, Any],
    *,
    people: int,
    photos: int,
    target_fpir: tuple[float, ...],
    keep: Path | None,
) -> None:
    from tempfile import TemporaryDirectory

    from edge_siamese.engine import FaceEngine

    from ..accuracy import open_set as measure

    if keep and keep.exists():
        raise DataError(f"{keep}: expected a folder that is not there yet")
    with TemporaryDirectory() as scratch:
        split = measure.split_open_set(dataset, people, photos)
        folder = keep or Path(scratch)
        measure.write_open_set(dataset, split, folder)
        with FaceEngine.open(settings["embedder"], settings["detector"], delegate="reference") as reference:
            gallery = measure.enroll(folder, reference).save(folder / "people.esg")
        results = []
        with FaceEngine.open(**settings) as engine:
            for fpir in target_fpir:
                point = gallery.operating_point(engine.embedder_card, fpir)
                for identify in (measure.identify_stills, measure.identify_video):
                    result = identify(folder, split, engine, gallery, fpir)
                    results.append({"target_fpir": fpir, "operating_point": point.to_json()} | result.to_json())
            digests, runtime = engine.digests, engine.runtime
    if as_json:
        body: dict[str, Any] = {
            "protocol": "open-set",
            "enrolled_people": people,
            "photos_each": photos,
            "runtime": runtime,
            "delegate": settings["delegate"],
            "threads": settings["threads"],
            "results": results,
        }
        body |= {"skipped": skipped_files_json(dataset.skipped), "notes": dataset.notes}
        emit_json("bench-accuracy", body, models=digests)
    else:
        click.echo(_accuracy_table(results))


def _accuracy_table(results: list[dict[str, Any]]) -> str:
    header = ("shown as", "target FPIR", "threshold", "enrolled: named rightly", "wrongly", "strangers: named")
    rows = [
        (
            result["shown_as"],
            f"{result['target_fpir']:g}",
            f"{result['operating_point']['threshold']:.3f}",
            f"{result['named_rightly']:.1%} of {result['enrolled_images']}",
            f"{result['named_wrongly']:.1%}",
            f"{result['strangers_named']:.1%} of {result['stranger_images']}",
        )
        for result in results
    ]
    return table(rows, header=header)
