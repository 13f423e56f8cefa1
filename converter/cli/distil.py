"""``edge-siamese distil``: train the embedder from a teacher's embeddings."""

from pathlib import Path

import click


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Run folder; an interrupted run goes on.")
@click.option("--epochs", type=click.IntRange(1), default=24, show_default=True)
@click.option("--batch-size", type=click.IntRange(8), default=128, show_default=True)
@click.option("--rate", type=float, default=1.5e-3, show_default=True, help="Peak learning rate.")
@click.option(
    "--decay", type=click.FloatRange(0, 1), default=0.3, show_default=True, help="Share of the run that decays."
)
@click.option("--initial", type=click.Path(path_type=Path), help="Weights to begin from.")
@click.option("--rendered-people", type=click.IntRange(0), default=0, show_default=True, help="To tell apart beside.")
def distil(
    data: Path,
    out: Path,
    epochs: int,
    batch_size: int,
    rate: float,
    decay: float,
    initial: Path | None,
    rendered_people: int,
) -> None:
    """Train the twin on DATA, a teacher folder: faces.csv.gz, zips of aligned crops, teacher_int8.npy.

    RUN/weights.npz holds the result, RUN/log.csv the curves on the validation people.
    """
    from ..checkpoints import save_float16_weights
    from ..embedder_run import distil as run

    network = run(
        data, out, epochs=epochs, batch_size=batch_size, rate=rate, decay=decay, initial=initial,
        rendered_people=rendered_people,
    )  # fmt: skip
    save_float16_weights(out / "weights.npz", network)
    click.echo(
        f"{out / 'weights.npz'}: next, edge-siamese convert {out / 'weights.npz'} {data} -o embedder.tflite", err=True
    )
