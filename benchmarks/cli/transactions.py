"""``edge-siamese bench transactions``: visits through the loop: who is named, after how long, with how many embeddings."""

from pathlib import Path
from typing import Any

import click

from edge_siamese.cli.shared.numbers import RATE
from edge_siamese.cli.shared.options import engine_options, json_option
from edge_siamese.cli.shared.output import emit_json, table
from edge_siamese.cli.shared.progress import progress_line
from edge_siamese.cli.shared.unused import report_dataset, skipped_files_json


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--people", type=click.IntRange(1), default=20, show_default=True, help="Number of people to enroll.")
@click.option(
    "--photos", type=click.IntRange(1), default=5, show_default=True, help="Number of photos to enroll of each."
)
@click.option("--visits", type=click.IntRange(1), help="Maximum number of visits; default: one for each other photo.")
@click.option(
    "--frames", type=click.IntRange(1, 1000), default=20, show_default=True, help="Frames of a visit, at 10 a second."
)
@click.option("--target-fpir", type=RATE, default=(1e-3, 1e-2), show_default=True, multiple=True, help="Repeatable.")
@json_option
@engine_options
def transactions(
    data: Path,
    people: int,
    photos: int,
    visits: int | None,
    frames: int,
    target_fpir: tuple[float, ...],
    as_json: bool,
    **settings: Any,
) -> None:
    """Measure visits before a camera: photos of DATA (<person>/<photo>) that move, through the loop of `run`.

    Some people are enrolled, the others are strangers. Each visit is one attempt. The same visits are decided once with the
    faces that `run` embeds and once with every face embedded.
    """
    from dataclasses import replace

    from edge_siamese.engine import FaceEngine
    from edge_siamese.gallery.enrollment.build import build_gallery
    from edge_siamese.gallery.enrollment.person import Permissions
    from edge_siamese.identity_dataset import IdentityDataset

    from ..accuracy.open_set import split_open_set, write_enrolled
    from ..accuracy.transactions import POLICIES, measure_visits

    with IdentityDataset(data) as dataset, FaceEngine.open(**settings) as engine:
        report_dataset(dataset)
        split = split_open_set(dataset, people, photos)
        split = replace(split, shown=split.shown[:visits])
        with write_enrolled(dataset, split) as folder:
            allowed = Permissions(different_faces=True)
            gallery = build_gallery(IdentityDataset(folder), engine, permissions=allowed, largest_only=True)[0]
        results = []
        for fpir in target_fpir:
            for policy in POLICIES:
                with progress_line("visits") as progress:
                    result = measure_visits(
                        dataset,
                        split,
                        engine,
                        gallery,
                        target_fpir=fpir,
                        policy=policy,
                        frames=frames,
                        progress=progress,
                    )
                results.append({"target_fpir": fpir} | result.to_json())
        digests = engine.digests
    if as_json:
        body = {"enrolled_people": people, "photos_each": photos, "frames": frames, "results": results}
        emit_json("bench-transactions", body | {"skipped": skipped_files_json(dataset.skipped)}, models=digests)
    else:
        click.echo(_table(results))


def _table(results: list[dict[str, Any]]) -> str:
    header = (
        "embedded", "target FPIR", "enrolled: named rightly", "wrongly", "strangers: named", "95 % interval",
        "decided after (median, p90)", "undecided", "faces per embedding",
    )  # fmt: skip
    rows = [
        (
            "as in run" if result["policy"] == "run" else result["policy"],
            f"{result['target_fpir']:g}",
            f"{result['named_rightly']:.1%} of {result['enrolled_visits']}",
            f"{result['named_wrongly']:.1%}",
            f"{result['strangers_named']:.1%} of {result['stranger_visits']}",
            "{:.1%} to {:.1%}".format(*result["fpir_interval"]),
            " ".join(_seconds(result["seconds_to_decision"][name]) for name in ("median", "p90")),
            str(result["undecided_visits"]),
            f"{result['faces_per_embedding']:.1f}",
        )
        for result in results
    ]
    return table(rows, header=header)


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"
