"""``python -m edge_siamese_converter.tasks.embedder.accelerator JOB --out RUN``: train a job on an accelerator."""

import math
import os
import sys
from pathlib import Path

import click

from edge_siamese.cli.shared.numbers import FiniteRange


@click.command()
@click.argument("job", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Run folder; an interrupted run resumes.")
@click.option("--minutes", type=FiniteRange(min=0, min_open=True), help="Stop after this time.")
@click.option("--images", type=click.IntRange(min=1), help="Stop after this number of images.")
@click.option("--cpu", is_flag=True, help="Compute on the CPU if there is no accelerator.")
def main(job: Path, out: Path, minutes: float | None, images: int | None, cpu: bool) -> None:
    """Train JOB, a folder that 'edge-siamese distill --pack' made. Needs NumPy, OpenCV, click, Keras and JAX."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    try:
        import jax
        import keras
    except ImportError as error:
        raise click.ClickException(f"training a job needs {error.name}, which is not installed") from error
    if keras.backend.backend() != "jax":
        raise click.ClickException(f"KERAS_BACKEND: expected jax, found {keras.backend.backend()}")
    device = jax.devices()[0]
    if device.platform == "cpu" and not cpu:
        raise click.ClickException(
            "JAX found no accelerator; --cpu trains on the CPU, which takes a hundred times as long"
        )
    from edge_siamese.errors import DataError, EdgeSiameseError

    from .job import Job
    from .run import JobRun, Limits

    click.echo(f"training on {device.device_kind}", err=True)
    limits = Limits(seconds=60 * (minutes or math.inf), images=images or math.inf)
    try:
        finished = JobRun(Job(job), out, limits, lambda line: click.echo(line, err=True)).run()
    except EdgeSiameseError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2 if isinstance(error, DataError) else 1)
    click.echo(f"{out / 'weights.npz'}: {'finished' if finished else 'interrupted; run again to continue'}", err=True)


if __name__ == "__main__":
    main()
