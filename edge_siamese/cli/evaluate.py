"""``edge-siamese evaluate``: measures verification accuracy on a dataset."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import __version__
from .shared.options import engine_options, json_option, target_fmr_option
from .shared.output import emit_json
from .shared.progress import progress_line
from .shared.unused import report_dataset, report_notes, report_unreadable, skipped_files_json, unreadable_json

if TYPE_CHECKING:
    from ..evaluation.protocols import VerificationProtocol
    from ..identity_dataset import IdentityDataset

_SCHEMA_VERSION = 2


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@target_fmr_option
@click.option("--all-pairs", is_flag=True, help="Compare all photos, even if there is a pairs.txt.")
@click.option(
    "--baseline", type=click.Path(path_type=Path), help="Another embedder .tflite, int8 or float, to compare with."
)
@click.option(
    "--slices",
    type=click.Path(path_type=Path),
    help="CSV of labels: first column <person>/<file>, then one column per label.",
)
@click.option(
    "--report",
    "report_path",
    type=click.Path(path_type=Path),
    help="Write a report with curves and tables (one HTML file).",
)
@click.option(
    "--bootstrap", "replicates", type=click.IntRange(0, 100_000), default=1000, show_default=True,
    help="Bootstrap replicates for the confidence intervals; 0: none.",
)  # fmt: skip
@click.option("--gate", is_flag=True, help="Apply the quality gate: a rejected comparison scores -1.")
@json_option
@engine_options
def evaluate(
    data: Path,
    target_fmr: float,
    all_pairs: bool,
    baseline: Path | None,
    slices: Path | None,
    report_path: Path | None,
    replicates: int,
    gate: bool,
    as_json: bool,
    **engine_settings: Any,
) -> None:
    """Measure verification on DATA: a folder, zip or tar of <person>/<photo>, with or without an LFW pairs.txt.

    Photos pass through detector, alignment and embedder. A photo without a face counts as an error. Without --gate all
    photos are compared, as in published protocols.
    """
    from ..evaluation.labels import read_labels
    from ..evaluation.protocols import VerificationProtocol
    from ..identity_dataset import IdentityDataset

    if report_path:
        from ..reports.evaluation import require_packages

        require_packages()
        if not report_path.parent.is_dir():
            raise click.BadParameter(
                f"expected a file in a folder that exists, found {report_path}", param_hint="--report"
            )
    with IdentityDataset(data) as dataset:
        report_dataset(dataset)
        labels = read_labels(slices, dataset.photos) if slices else {}
        protocol = VerificationProtocol.of(dataset, all_pairs)
        report, digests = _measured(dataset, protocol, target_fmr, replicates, gate, baseline, labels, engine_settings)
    if report_path:
        from ..reports.evaluation import write_report

        write_report(report_path, {"version": __version__, "model": digests, "data": data.name} | report)
    if as_json:
        emit_json("evaluate", report, models=digests, schema_version=_SCHEMA_VERSION)
    else:
        from .evaluate_summary import summary

        click.echo(summary(report))


def _measured(
    dataset: "IdentityDataset",
    protocol: "VerificationProtocol",
    target_fmr: float,
    replicates: int,
    gate: bool,
    baseline: Path | None,
    labels: dict[str, list[str]],
    engine_settings: dict[str, Any],
) -> tuple[dict[str, Any], dict[str, str]]:
    """The report of a dataset, and the digests of the models."""
    from ..dataset_embeddings import embed_dataset
    from ..engine import FaceEngine
    from ..evaluation.baseline import open_baseline
    from ..evaluation.bootstrap import PersonBootstrap
    from ..evaluation.evaluator import VerificationEvaluator
    from ..evaluation.gated_scores import GatedScores

    baseline_settings = {name: engine_settings[name] for name in ("delegate", "threads")}
    other = open_baseline(baseline, **baseline_settings) if baseline else None
    with FaceEngine.open(**engine_settings) as engine, progress_line("embedding") as progress:
        embedded = embed_dataset(dataset, engine, protocol.choose, progress)
    report_unreadable(embedded.unreadable, "counted as a photo without a face")
    shared = [
        f"{first} and {second} have the same embedding: is one photo filed under two people?"
        for first, second in embedded.shared_photos()
    ]
    report_notes(shared)
    comparisons = protocol.compare(embedded, GatedScores(embedded) if gate else None)
    bootstrap = PersonBootstrap(comparisons.person_count, replicates)
    evaluator = VerificationEvaluator(
        embedded, comparisons, target_fmr, bootstrap, engine.embedder_card.operating_points, labels
    )
    report = (
        protocol.describe(embedded) | evaluator.report() | {"gate": gate, "baseline": None, "delegate": engine.delegate}
    )
    report |= {
        "unreadable": unreadable_json(embedded.unreadable),
        "skipped": skipped_files_json(dataset.skipped),
        "notes": dataset.notes + shared,
    }
    if other:
        with progress_line("embedding with the other") as progress:
            scores = other.embed(embedded, dataset, progress).scores
        report["baseline"] = other.describe() | evaluator.against_baseline(protocol.compare(embedded, scores))
    return report, engine.digests
