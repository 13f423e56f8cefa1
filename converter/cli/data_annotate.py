"""``edge-siamese data annotate``: annotate images with a reference detector."""

from pathlib import Path

import click

from edge_siamese.cli.shared.galleries import note
from edge_siamese.cli.shared.numbers import RATE
from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json
from edge_siamese.cli.shared.progress import progress_line

from .data_options import PATH


@click.command()
@click.argument("images", type=PATH)
@click.option("--yunet", type=PATH, required=True, help="The reference detector: the ONNX file of OpenCV's YuNet.")
@click.option("-o", "--output", type=PATH, required=True, help="The .zip to write.")
@click.option("--min-score", type=RATE, default=0.6, show_default=True, help="Score from which a face is sure.")
@click.option(
    "--max-side",
    type=click.IntRange(64),
    default=400,
    show_default=True,
    help="Larger images are reduced to this side.",
)
@json_option
def annotate(images: Path, yunet: Path, output: Path, min_score: float, max_side: int, as_json: bool) -> None:
    """Annotate IMAGES with the faces of a reference detector, as portraits for 'train-detector'.

    IMAGES is a folder, zip or tar of images. Images without a face of which the reference is sure are left out.
    """
    from ..data.annotate import YuNetReference
    from ..data.annotate import annotate as write

    if output.suffix != ".zip":
        raise click.BadParameter(f"expected a name that ends with .zip, found {output}", param_hint="--output")
    detector = YuNetReference(yunet)
    with progress_line("annotating") as progress:
        result = write(images, detector, output, minimum_score=min_score, longest_side=max_side, progress=progress)
    if as_json:
        body = {"output": str(output), "images": result.images, "faces": result.faces, "left_out": result.left_out}
        emit_json("data-annotate", body)
        return
    for path, reason in result.left_out.items():
        note(f"{path}: left out: {reason}")
    click.echo(f"{output}: {result.images} images, {result.faces} faces, {len(result.left_out)} images left out")
