"""``edge-siamese train``: a recipe on your data, all the way to an int8 model and a report."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge_siamese.cli.shared.numbers import FiniteRange
from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json, table

if TYPE_CHECKING:
    from ..tasks.siamese.summary import Outcome

_CHANGE = "KEY=VALUE"


def read_changes(values: tuple[str, ...]) -> dict[str, str]:
    """``("training.epochs=3",)`` as a dict.

    Raises:
        click.BadParameter: one has no ``=``.
    """
    for value in values:
        if not value.partition("=")[1]:
            raise click.BadParameter(f"expected {_CHANGE}, found {value!r}", param_hint="--set")
    return {key.strip(): text.strip() for key, _, text in (value.partition("=") for value in values)}


@click.command()
@click.option("--recipe", default="twin", show_default=True, help="Name of a shipped recipe, or a TOML file.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder or archive; some recipes can download theirs.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Run folder; an interrupted run goes on.")
@click.option("--quick", is_flag=True, help="Go all the way with little training.")
@click.option("--epochs", type=click.IntRange(1), help="Short for --set training.epochs=N.")
@click.option(
    "--learning-rate", type=FiniteRange(0, min_open=True), help="Short for --set training.optimizer.learning_rate=R."
)
@click.option("--set", "changes", metavar=_CHANGE, multiple=True, help="Change a value of the recipe.")
@click.option("--tensorboard", is_flag=True, help="Write the curves for TensorBoard, too.")
@json_option
def train(
    recipe: str,
    data: Path | None,
    out: Path,
    quick: bool,
    epochs: int | None,
    learning_rate: float | None,
    changes: tuple[str, ...],
    tensorboard: bool,
    as_json: bool,
) -> None:
    """Train a RECIPE on DATA, judge it on people it never saw, quantize it and write its report.

    Without --recipe the shipped embedder is fine-tuned on your people. It takes four people with two photos each at
    least (six where a recipe keeps test people), and 20 photos to train on; twenty people and more make a result. OUT gets weights.npz, the .tflite, split.json,
    log.csv and report.html.
    """
    from ..recipes.schema import load_recipe
    from ..recipes.siamese import SiameseRecipe
    from ..tasks.siamese.run import run_recipe

    expected = read_changes(changes)
    for key, value in (("training.epochs", epochs), ("training.optimizer.learning_rate", learning_rate)):
        if value is not None:
            expected[key] = str(value)
    chosen = load_recipe(recipe, SiameseRecipe, expected)
    command = _repeated(recipe, data, out, expected, quick)
    outcome = run_recipe(chosen, data, out, quick=quick, tensorboard=tensorboard, command=command)
    for path, reason in outcome.skipped.items():
        click.echo(f"edge-siamese: {path}: skipped: {reason}", err=True)
    if outcome.report.is_chance:
        seen = outcome.report.final_metrics.verification
        click.echo(
            f"edge-siamese: the network learned nothing that the test pairs show: AUC {seen['auc']:.3f}, guessing has 0.5",
            err=True,
        )
    if as_json:
        emit_json("train", outcome.to_json())
    else:
        _tell(outcome)


def _repeated(recipe: str, data: Path | None, out: Path, changes: dict[str, str], quick: bool) -> str:
    """The command line that does the same again."""
    given = {"--recipe": recipe, "--data": data, "--out": out}
    parts = [part for option, value in given.items() if value for part in (option, str(value))]
    parts += [part for key, value in changes.items() for part in ("--set", f"{key}={value}")]
    return shlex.join(["edge-siamese", "train", *parts, *(["--quick"] if quick else [])])


def _tell(outcome: "Outcome") -> None:
    header, *rows = outcome.table()
    click.echo(table(rows, header=header))
    click.echo(f"report: {outcome.page}")
    if outcome.report.data.classes == "people":
        click.echo("The report contains photographs of people: ask them before you share it.", err=True)
    if outcome.serves_the_engine:
        click.echo(f"use it: edge-siamese verify A.jpg B.jpg --embedder {outcome.model}")
