"""``edge-siamese plot``: one image of how embeddings behave."""

from pathlib import Path

import click

_PATH = click.Path(path_type=Path)
_KINDS = ("tsne", "umap", "map", "roc", "det", "histogram", "decisions", "confusion", "ranks", "pairs")


@click.command()
@click.argument("kind", type=click.Choice(_KINDS))
@click.argument("source", metavar="RUN|EMBEDDINGS.npz", type=_PATH)
@click.option(
    "-o", "--output", type=_PATH, required=True, help="The .svg or .png to write; a map as .png, .jpg or .webp."
)
@click.option("--photos", type=_PATH, help="Folder or zip that was embedded, for thumbnails of EMBEDDINGS.npz.")
@click.option("--float", "floating", is_flag=True, help="Look at a run's float network instead of the int8 one.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the layout and of what is shown."
)
def plot(kind: str, source: Path, output: Path, photos: Path | None, floating: bool, seed: int) -> None:
    """Draw one image of the test images of RUN, or of what 'embed' wrote of <person>/<photo>.

    \b
    tsne, umap   embeddings in the plane, representatives ringed
    map          thumbnails in the plane
    roc, det     error rates over all thresholds
    histogram    scores of genuine and impostor pairs
    decisions    right and wrong answers at the threshold
    confusion    who is taken for whom, one image each enrolled
    ranks        how often the right name is among the best
    pairs        the pairs that the network is most wrong, and most right, about
    """
    from ..reports.single_plot import PlotInput, draw, is_run

    if is_run(source):
        probe = PlotInput.of_run(source, floating=floating, seed=seed)
    else:
        probe = PlotInput.of_embeddings(source, photos, seed=seed)
    draw(kind, probe, output)
    click.echo(f"{output}: written", err=True)
