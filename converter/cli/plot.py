"""``edge-siamese plot``: draw one plot of the embeddings of a run or of an ``.npz`` of ``embed``."""

from pathlib import Path

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json

_PATH = click.Path(path_type=Path)
_KINDS = ("tsne", "umap", "map", "roc", "det", "histogram", "decisions", "confusion", "ranks", "pairs")


@click.command()
@click.argument("kind", type=click.Choice(_KINDS))
@click.argument("source", metavar="RUN|EMBEDDINGS.npz", type=_PATH)
@click.option(
    "-o", "--output", type=_PATH, required=True, help="The .svg or .png to write; a map as .png, .jpg or .webp."
)
@click.option("--photos", type=_PATH, help="Folder or zip of the embedded photos, for thumbnails with EMBEDDINGS.npz.")
@click.option("--float", "floating", is_flag=True, help="Use the float network of a run instead of the int8 one.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the layout and of the sample shown."
)
@json_option
def plot(kind: str, source: Path, output: Path, photos: Path | None, floating: bool, seed: int, as_json: bool) -> None:
    """Draw one plot of the test images of RUN, or of the .npz that 'embed' wrote for <person>/<photo>.

    \b
    tsne, umap   embeddings in two dimensions, representatives ringed
    map          thumbnails in two dimensions
    roc, det     error rates over all thresholds
    histogram    scores of genuine and impostor pairs
    decisions    counts of correct and wrong decisions at the threshold
    confusion    confusion matrix with one image enrolled per class
    ranks        how often the correct class is among the best
    pairs        the pairs with the most extreme scores
    """
    from ..reports.single_plot import PlotInput, draw, is_run

    if is_run(source):
        probe = PlotInput.of_run(source, floating=floating, seed=seed)
    else:
        probe = PlotInput.of_embeddings(source, photos, seed=seed)
    draw(kind, probe, output)
    if as_json:
        emit_json("plot", {"output": str(output), "kind": kind, "source": str(source), "seed": seed})
    else:
        click.echo(f"{output}: written", err=True)
