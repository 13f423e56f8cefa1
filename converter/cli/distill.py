"""``edge-siamese distill``: train an embedder on the embeddings of a teacher network."""

import os
import subprocess
import sys
from pathlib import Path

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json

from .run_options import run_options


@click.command()
@click.argument("data", type=click.Path(path_type=Path), nargs=-1, required=True)
@json_option
@run_options("embedder")
@click.option(
    "--device",
    type=click.Choice(["cpu", "gpu"]),
    default="cpu",
    show_default=True,
    help="gpu: train with JAX in one compiled step on an accelerator of this machine.",
)
@click.option("--pack", is_flag=True, help="Only write RUN/job, which another machine's accelerator can train.")
def distill(
    data: tuple[Path, ...],
    recipe: str,
    out: Path,
    initial: Path | None,
    license_: str | None,
    device: str,
    pack: bool,
    as_json: bool,
) -> None:
    """Train an embedder on DATA, teacher folders, which 'edge-siamese data teacher' creates from photos of people.

    Several folders are read as one; mixup and --device gpu use the teacher.onnx of the first.

    RUN/weights.npz contains the result; the log.csv of every phase contains the metrics on the validation people.
    """
    from ..recipes.schema import EmbedderRecipe, load_recipe

    chosen = load_recipe(recipe, EmbedderRecipe)

    from ..checkpoints import save_float16_weights
    from ..licenses import inherited, license_of_weights
    from ..tasks.embedder.accelerator.pack import pack_job
    from ..tasks.embedder.run import distill as run

    model_license = inherited(license_of_weights(initial) if initial else "", license_)
    if pack or device == "gpu":
        job = out / "job"
        shards = pack_job(data, job, chosen, initial=initial, license=model_license)
        if pack:
            _tell_packed(job, shards, as_json)
            return
        _train_on_accelerator(job, out)
    else:
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


def _tell_packed(job: Path, shards: list[Path], as_json: bool) -> None:
    size = sum(path.stat().st_size for path in job.iterdir())
    if as_json:
        emit_json("distill", {"job": str(job), "shards": [str(path) for path in shards], "bytes": size})
    else:
        click.echo(
            f"{job}: {len(shards)} shards, {size / 1e6:.0f} MB; train it with: KERAS_BACKEND=jax python -m "
            f"edge_siamese_converter.tasks.embedder.accelerator {job} --out RUN",
            err=True,
        )


def _train_on_accelerator(job: Path, out: Path) -> None:
    """Train a job in a process of its own, because Keras has one backend per process."""
    command = [sys.executable, "-m", "edge_siamese_converter.tasks.embedder.accelerator", str(job), "--out", str(out)]
    code = subprocess.run(command, env=os.environ | {"KERAS_BACKEND": "jax"}, check=False).returncode
    if code:
        raise click.exceptions.Exit(code)
