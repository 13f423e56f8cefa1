"""``edge-siamese train-detector``: train the face detector."""

from contextlib import ExitStack
from pathlib import Path

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json

from .run_options import run_options


@click.command("train-detector")
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--crops",
    type=click.Path(path_type=Path),
    required=True,
    help="Teacher folder with the crops to paste into backgrounds.",
)
@click.option(
    "--portraits",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Annotated images of one or few faces, such as profiles, in the form of DATA; may be repeated.",
)
@json_option
@run_options("detector")
def train_detector(
    data: Path,
    crops: Path,
    portraits: tuple[Path, ...],
    recipe: str,
    out: Path,
    initial: Path | None,
    license_: str | None,
    as_json: bool,
) -> None:
    """Train the detector on DATA, a zip of images with annotated boxes and landmarks (annotations.json)."""
    from ..recipes.schema import DetectorRecipe, load_recipe

    chosen = load_recipe(recipe, DetectorRecipe)

    from edge_siamese.errors import DataError
    from edge_siamese.evaluation.annotations import AnnotatedSet

    from ..checkpoints import save_float16_weights
    from ..data.detection import Concatenated
    from ..data.teacher import load_training_crops
    from ..licenses import inherited, license_of_weights
    from ..tasks.detector.run import train_detector as run
    from ..tasks.rendered_people import rendered_scenes

    model_license = inherited(license_of_weights(initial) if initial else "", license_)
    pasted, scenes = load_training_crops(crops, chosen.pasted_crops), rendered_scenes(chosen.rendered_scenes)
    with ExitStack() as stack:
        sets = [stack.enter_context(AnnotatedSet(path)) for path in portraits]
        parts = [one.in_split("train") for one in sets]
        for path, part in zip(portraits, parts, strict=True):
            if not len(part):
                raise DataError(f"{path}: expected images in the split train, found none", path=path)
        shown = Concatenated(parts)
        network = run(data, pasted, out, chosen, rendered=scenes, portraits=shown, initial=initial)
    save_float16_weights(out / "weights.npz", network, {"table": chosen.table}, license=model_license)
    if as_json:
        body = {"weights": str(out / "weights.npz"), "recipe": recipe, "license": model_license}
        emit_json("train-detector", body | {"logs": [str(path) for path in sorted(out.glob("**/log.csv"))]})
    else:
        click.echo(f"{out / 'weights.npz'}: next, edge-siamese convert --task detector", err=True)
