"""``edge-siamese train-detector``: train the face detector."""

from pathlib import Path

import click

PASTED_CROPS = 8000


@click.command("train-detector")
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--crops", type=click.Path(path_type=Path), required=True, help="Teacher folder whose crops are pasted.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Run folder; an interrupted run goes on.")
@click.option("--epochs", type=click.IntRange(1), default=33, show_default=True, help="Each of --batches.")
@click.option("--batches", type=click.IntRange(1), default=200, show_default=True, help="Of 32 samples, an epoch.")
@click.option("--rate", type=float, default=2e-3, show_default=True, help="Peak learning rate.")
@click.option(
    "--decay", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Share of the run that decays."
)
@click.option("--initial", type=click.Path(path_type=Path), help="Weights to begin from.")
@click.option("--rendered-scenes", type=click.IntRange(0), default=400, show_default=True)
def train_detector(
    data: Path,
    crops: Path,
    out: Path,
    epochs: int,
    batches: int,
    rate: float,
    decay: float,
    initial: Path | None,
    rendered_scenes: int,
) -> None:
    """Train the detector on DATA, a zip of pictures with annotated boxes and landmarks (annotations.json)."""
    from ..checkpoints import save_float16_weights
    from ..datasets.rendered import rendered_scenes as render
    from ..datasets.teacher import load_training_crops
    from ..detector_run import train_detector as run

    pasted, scenes = load_training_crops(crops, PASTED_CROPS), render(rendered_scenes)
    network = run(
        data, pasted, out, rendered=scenes, epochs=epochs, batches=batches, rate=rate, decay=decay, initial=initial
    )  # fmt: skip
    save_float16_weights(out / "weights.npz", network, {})
    click.echo(f"{out / 'weights.npz'}: next, edge-siamese convert --task detector", err=True)
