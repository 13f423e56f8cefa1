"""``edge-siamese distil``: train the embedder from a teacher's embeddings."""

from pathlib import Path

import click

from .run_options import run_options


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@run_options("embedder")
def distil(data: Path, recipe: str, out: Path, initial: Path | None, license_: str | None) -> None:
    """Train the twin on DATA, a teacher folder: faces.csv.gz, zips of aligned crops, teacher_int8.npy, teacher.onnx.

    RUN/weights.npz holds the result, the log.csv of every stretch the curves on the validation people.
    """
    from ..recipe import EmbedderRecipe, load_recipe

    chosen = load_recipe(recipe, EmbedderRecipe)

    from ..checkpoints import save_float16_weights
    from ..embedder_run import distil as run
    from ..licences import inherited, licence_of_weights

    licence = inherited(licence_of_weights(initial) if initial else "", license_)
    network = run(data, out, chosen, initial=initial)
    save_float16_weights(out / "weights.npz", network, chosen.network.model_dump(), license=licence)
    click.echo(
        f"{out / 'weights.npz'}: next, edge-siamese convert {out / 'weights.npz'} {data} -o embedder.tflite", err=True
    )
