"""``edge-siamese train-detector``: train the face detector."""

from pathlib import Path

import click


@click.command("train-detector")
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--crops", type=click.Path(path_type=Path), required=True, help="Teacher folder whose crops are pasted.")
@click.option("--recipe", default="detector", show_default=True, help="Name of a shipped recipe, or a TOML file.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Run folder; an interrupted run goes on.")
@click.option("--initial", type=click.Path(path_type=Path), help="Weights to begin from.")
@click.option(
    "--license", "license_", help="Licence of the weights, kept with them.  [default: what --initial says of itself]"
)
def train_detector(data: Path, crops: Path, recipe: str, out: Path, initial: Path | None, license_: str | None) -> None:
    """Train the detector on DATA, a zip of pictures with annotated boxes and landmarks (annotations.json)."""
    from ..recipe import DetectorRecipe, load_recipe

    chosen = load_recipe(recipe, DetectorRecipe)

    from ..checkpoints import save_float16_weights
    from ..datasets.rendered import rendered_scenes
    from ..datasets.teacher import load_training_crops
    from ..detector_run import train_detector as run
    from ..licences import inherited, licence_of_weights

    licence = inherited(licence_of_weights(initial) if initial else "", license_)
    pasted, scenes = load_training_crops(crops, chosen.pasted_crops), rendered_scenes(chosen.rendered_scenes)
    network = run(data, pasted, out, chosen, rendered=scenes, initial=initial)
    save_float16_weights(out / "weights.npz", network, {}, license=licence)
    click.echo(f"{out / 'weights.npz'}: next, edge-siamese convert --task detector", err=True)
