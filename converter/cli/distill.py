"""``edge-siamese distill``: train the embedder from a teacher's embeddings."""

from pathlib import Path

import click

from .run_options import run_options


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@run_options("embedder")
def distill(data: Path, recipe: str, out: Path, initial: Path | None, license_: str | None) -> None:
    """Train the twin on DATA, a teacher folder, which 'edge-siamese data teacher' makes of people's photos.

    RUN/weights.npz holds the result, the log.csv of every phase the curves on the validation people.
    """
    from ..recipes.schema import EmbedderRecipe, load_recipe

    chosen = load_recipe(recipe, EmbedderRecipe)

    from ..checkpoints import save_float16_weights
    from ..licenses import inherited, license_of_weights
    from ..tasks.embedder.run import distill as run

    model_license = inherited(license_of_weights(initial) if initial else "", license_)
    network = run(data, out, chosen, initial=initial)
    save_float16_weights(out / "weights.npz", network, chosen.network.model_dump(), license=model_license)
    click.echo(
        f"{out / 'weights.npz'}: next, edge-siamese convert {out / 'weights.npz'} {data} -o embedder.tflite", err=True
    )
