"""``edge-siamese distill``: train an embedder on the embeddings of a teacher network."""

from pathlib import Path

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json

from .run_options import run_options


@click.command()
@click.argument("data", type=click.Path(path_type=Path), nargs=-1, required=True)
@json_option
@run_options("embedder")
def distill(
    data: tuple[Path, ...], recipe: str, out: Path, initial: Path | None, license_: str | None, as_json: bool
) -> None:
    """Train an embedder on DATA, teacher folders, which 'edge-siamese data teacher' creates from photos of people.

    Several folders are read as one; mixup uses the teacher.onnx of the first.

    RUN/weights.npz contains the result; the log.csv of every phase contains the metrics on the validation people.
    """
    from ..recipes.schema import EmbedderRecipe, load_recipe

    chosen = load_recipe(recipe, EmbedderRecipe)

    from ..checkpoints import save_float16_weights
    from ..licenses import inherited, license_of_weights
    from ..tasks.embedder.run import distill as run

    model_license = inherited(license_of_weights(initial) if initial else "", license_)
    network = run(data, out, chosen, initial=initial)
    save_float16_weights(out / "weights.npz", network, chosen.network.model_dump(), license=model_license)
    if as_json:
        body = {"weights": str(out / "weights.npz"), "recipe": recipe, "license": model_license}
        emit_json("distill", body | {"logs": [str(path) for path in sorted(out.glob("**/log.csv"))]})
    else:
        click.echo(
            f"{out / 'weights.npz'}: next, edge-siamese convert {out / 'weights.npz'} {data[0]} -o embedder.tflite",
            err=True,
        )
