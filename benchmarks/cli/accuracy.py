"""``edge-siamese bench accuracy``: open-set identification rates."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.numbers import RATE
from edge_siamese.cli.shared.options import engine_options, json_option
from edge_siamese.cli.shared.output import emit_json, table
from edge_siamese.cli.shared.unused import report_dataset, skipped_files_json
from edge_siamese.errors import DataError

if TYPE_CHECKING:
    from edge_siamese.tflite.runtime import Delegate


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--people", type=click.IntRange(1), default=20, show_default=True, help="Number of people to enroll.")
@click.option("--photos", type=click.IntRange(1), default=5, show_default=True, help="Number of photos per person.")
@click.option("--target-fpir", type=RATE, default=(1e-3, 1e-2), show_default=True, multiple=True)
@click.option(
    "--keep", type=click.Path(path_type=Path), help="Write the images, the video and the gallery to this new folder."
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
    """Identify people of DATA (<person>/<photo>) with the verifier of `run`, on images and on a video.

    Some people are enrolled, the others are strangers. The operating points are those of the model.
    """
    from tempfile import TemporaryDirectory

    from edge_siamese.engine import FaceEngine
    from edge_siamese.identity_dataset import IdentityDataset

    from ..accuracy import open_set as measure

    if keep and keep.exists():
        raise DataError(f"{keep}: expected a folder that is not there yet")
    with IdentityDataset(data) as dataset, TemporaryDirectory() as scratch:
        report_dataset(dataset)
        split = measure.split_open_set(dataset, people, photos)
        folder = keep or Path(scratch)
        measure.write_open_set(dataset, split, folder)
        with FaceEngine.open(embedder, detector, delegate="reference") as reference:
            gallery = measure.enroll(folder, reference).save(folder / "people.esg")
        results = []
        with FaceEngine.open(embedder, detector, delegate=delegate, threads=threads) as engine:
            for fpir in target_fpir:
                point = gallery.operating_point(engine.embedder_card, fpir)
                for detect_host in (measure.identify_stills, measure.identify_video):
                    result = detect_host(folder, split, engine, gallery, fpir)
                    results.append({"target_fpir": fpir, "operating_point": point.to_json()} | result.to_json())
            digests = engine.digests
    if as_json:
        body: dict[str, Any] = {
            "enrolled_people": people,
            "photos_each": photos,
            "delegate": delegate,
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
