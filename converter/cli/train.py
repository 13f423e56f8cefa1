"""``edge-siamese train``: fine-tune the shipped embedder on folders of people."""

import json
from pathlib import Path

import click

from edge_siamese.cli.options import json_option
from edge_siamese.cli.output import emit_json, table
from edge_siamese.cli.progress import progress_line


@click.command()
@click.option("--data", type=click.Path(path_type=Path), required=True, help="Folder or zip of <person>/<photo>.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Run folder; an interrupted run goes on.")
@click.option("--epochs", type=click.IntRange(1), default=8, show_default=True)
@click.option("--rate", type=float, default=1e-4, show_default=True, help="Peak learning rate.")
@json_option
def train(data: Path, out: Path, epochs: int, rate: float, as_json: bool) -> None:
    """Fine-tune the shipped embedder on your people and quantise it again.

    A fifth of the people, never trained on, measure what it brought and what int8 costs. OUT gets weights.npz,
    embedder.tflite (for --embedder) and split.json.
    """
    from edge_siamese.albums import Album
    from edge_siamese.atomic import write_atomically
    from edge_siamese.engine import FaceEngine

    from ..checkpoints import load_description, save_float16_weights
    from ..conversion import LabelledCrops, convert_embedder, describe_parity
    from ..datasets.people import align_album, split_people
    from ..fine_tuning import fine_tune, load_twin, shipped_weights
    from ..quantisation.parity import verification_figures

    with FaceEngine.default() as engine, progress_line("aligning") as progress:
        people = align_album(Album(data), engine, progress)
        license_ = engine.embedder_card.license
    for path, reason in people.skipped.items():
        click.echo(f"edge-siamese: {path}: skipped: {reason}", err=True)
    training, validation = split_people(people)
    out.mkdir(parents=True, exist_ok=True)
    split = {"training": sorted(set(training.names)), "validation": sorted(set(validation.names))}
    with write_atomically(out / "split.json") as stream:
        stream.write(json.dumps(split, indent=1).encode())
    network = load_twin(shipped_weights("embedder"))

    def measure() -> dict[str, float]:
        return verification_figures(network, validation.crops, validation.numbers())

    before = measure()
    fine_tune(network, training, out / "run", epochs=epochs, rate=rate, measure=measure)
    save_float16_weights(out / "weights.npz", network, load_description(shipped_weights("embedder")))
    summary = {"fine_tuned_on_people": len(split["training"]), "epochs": epochs, "rate": rate}
    parity = convert_embedder(
        network, training.crops, LabelledCrops(validation.crops, validation.numbers(), validation.digest),
        out / "embedder.tflite", name="fine-tuned twin", license=license_, training=summary,
    )  # fmt: skip
    after = {"auc": parity.auc_float, "eer": parity.eer_float, "tar_at_fmr_0.001": parity.tar_float}
    if as_json:
        emit_json("train", {"before": before, "after": after, "parity": parity.to_json(), "out": str(out)})
        return
    rows = [(name, f"{before[name]:.4f}", f"{after[name]:.4f}") for name in before]
    click.echo(table(rows, header=(f"{len(split['validation'])} people never trained on", "before", "after")))
    click.echo(table(describe_parity(parity), header=("parity gate passed", "float", "int8")))
    click.echo(f"use it: edge-siamese verify A.jpg B.jpg --embedder {out / 'embedder.tflite'}")
