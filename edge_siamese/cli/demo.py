"""``edge-siamese demo``: training, quantization, enrollment, verification and timing in one run."""

import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .shared.options import json_option
from .shared.output import emit_json, table

if TYPE_CHECKING:
    from ..demo.commands import CommandRunner
    from ..demo.result import DemoResult
    from ..demo.scenario import DemoScenario
    from ..reports.pages import PageBody

_OWN_PHOTOS = """Now with your own photos (people/<name>/<photos>) and camera:

  edge-siamese gallery build people/ -o people.esg
  edge-siamese identify visitor.jpg --gallery people.esg
  edge-siamese run --camera 0 --gallery people.esg      (picamera2 on a Raspberry Pi)"""


@click.command()
@click.option(
    "--photos", type=click.Path(path_type=Path), help="Photos of people, <person>/<photo>, instead of rendered faces."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("demo-report"),
    show_default=True,
    help="Folder for the files of the demo.",
)
@json_option
def demo(photos: Path | None, out: Path, as_json: bool) -> None:
    """Fine-tune, quantize, enroll, verify and time in about a minute.

    The faces are rendered and were not used to train the shipped models. The exit code is 1 if a person is given a wrong
    name. With --json the steps are printed on stderr.
    """
    from ..demo.scenario import empty_folder

    empty_folder(out)
    with redirect_stdout(sys.stderr) if as_json else nullcontext():
        result, passed = _demo(photos, out)
    if as_json:
        emit_json("demo", {"out": str(out), "page": str(out / "report.html"), "passed": passed} | result)
    if not passed:
        click.echo("edge-siamese: the demo failed: a wrong name was given, or nobody was recognized", err=True)
        sys.exit(1)


def _demo(photos: Path | None, out: Path) -> tuple[dict[str, Any], bool]:
    """Run all steps and write the page; return the results, and False if rendered people were given wrong names."""
    from ..demo.commands import CommandRunner
    from ..demo.scenario import photo_scenario, render_scenario
    from ..reports.pages import PHOTOS, PageBody, write_page

    runner = CommandRunner(out, click.echo)
    _step("People: your photos" if photos else "People: rendered faces")
    scenario = photo_scenario(photos, out) if photos else render_scenario(out)
    click.echo(f"{len(scenario.names)} people to enroll: {', '.join(scenario.names)}")
    lead = "Your photos." if photos else "Rendered faces, which were not used to train the shipped models."
    report = PageBody("edge-siamese demo", lead)
    model = _train(runner, scenario, report)
    result = _watch(runner, scenario, report, model)
    _time(runner, report, model)
    report.heading("Commands")
    report.code("\n".join(f"{command}   # {seconds:.1f} s" for command, seconds in runner.commands))
    write_page(out / "report.html", report.page(notice=PHOTOS if photos else ""))
    click.echo(f"\nReport with images: {out / 'report.html'}")
    if photos:
        click.echo(PHOTOS)
    click.echo(f"\n{_OWN_PHOTOS}")
    described = {
        "enrolled": list(scenario.names),
        "recognized": result.recognized,
        "wrong_names": len(result.wrong),
        "strangers_named": result.strangers_named,
        "fine_tuned": bool(model),
        "commands": [{"command": command, "seconds": seconds} for command, seconds in runner.commands],
    }
    return described, not scenario.rendered or bool(result.recognized and not result.wrong)


def _step(title: str) -> None:
    click.secho(f"\n== {title}", bold=True)


def _train(runner: "CommandRunner", scenario: "DemoScenario", report: "PageBody") -> list[str]:
    """Fine-tune the embedder if TensorFlow is installed; return the command line options that select the result."""
    from ..demo.commands import training_is_possible
    from ..demo.scenario import render_dataset
    from ..errors import EdgeSiameseError
    from ..installation import install_command

    _step("Fine-tune the embedder for a few seconds, quantize it to int8, measure the loss of accuracy")
    report.heading("Trained, and quantized to int8")
    if not training_is_possible():
        advice = install_command("edge-siamese[converter]")
        return _without_training(report, f"TensorFlow is not installed ({advice})")
    if scenario.rendered:
        render_dataset(scenario.dataset)
    try:
        (trained,) = runner.run("train", "--data", scenario.dataset, "--out", runner.folder / "model", "--epochs", "3")
    except EdgeSiameseError as error:
        if scenario.rendered:
            raise
        return _without_training(report, str(error))
    parity, before, after = trained["parity"], trained["before"], trained["after"]
    rows = [
        ("AUC", f"{before['auc']:.4f}", f"{after['auc']:.4f}", f"{parity['auc_int8']:.4f}"),
        ("EER", f"{before['eer']:.2%}", f"{after['eer']:.2%}", f"{parity['eer_int8']:.2%}"),
    ]
    header = (f"{parity['people']} people not trained on", "shipped, float", "fine-tuned, float", "fine-tuned, int8")
    click.echo(table(rows, header=header))
    report.table(header, rows)
    return ["--embedder", str(runner.folder / "model" / "embedder.tflite")]


def _without_training(report: "PageBody", why: str) -> list[str]:
    text = f"Skipped: {why}. The shipped embedder is used."
    click.echo(text)
    report.paragraph(text)
    return []


def _watch(runner: "CommandRunner", scenario: "DemoScenario", report: "PageBody", model: list[str]) -> "DemoResult":
    """Enroll, run the verifier, and compare its decisions with the truth."""
    from ..demo.report import add_answers, add_people
    from ..demo.result import evaluate

    gallery = runner.folder / "people.esg"
    _step("Enroll them into a gallery")
    (built,) = runner.run("gallery", "build", scenario.enrolled, "-o", gallery, *model)
    size = gallery.stat().st_size
    click.echo(f"{built['identities']} people, {built['templates']} templates, {size:,} bytes to flash")
    report.heading(f"Enrolled: {built['identities']} people in {size:,} bytes")
    add_people(report, scenario)
    _step("Watch: enrolled people and strangers")
    events = runner.run("run", "--camera", scenario.shown, "--gallery", gallery, *model)
    result = evaluate(scenario, events)
    strangers = len(set(filter(None, scenario.truth.values())) - set(scenario.names))
    answer = (
        f"{len(result.recognized)} of {len(scenario.names)} enrolled people recognized, {len(result.wrong)} wrong names, "
        f"{strangers} strangers shown and {result.strangers_named} of their visits named"
    )
    for answered in result.visits():
        if answered.named:
            mark = click.style("WRONG", fg="red") if answered.wrong else click.style("right", fg="green")
            click.echo(f"  {answered.place!s:>5}  {answered.named}  {answered.event['score']:.3f}  {mark}")
    click.echo(answer)
    report.heading("Watched")
    report.paragraph(answer + ".")
    add_answers(report, scenario, result)
    return result


def _time(runner: "CommandRunner", report: "PageBody", model: list[str]) -> None:
    """Measure and show the latency of each stage on this machine."""
    _step("Time every stage on this machine")
    (timed,) = runner.run("bench", "latency", "--repeat", "50", *model)
    rows = [_latency_row(name, stage) for name, stage in timed["stages"].items()]
    header = ("milliseconds", "median", "p90", "p99")
    click.echo(table(rows, header=header))
    report.heading("Latency")
    report.table(header, rows)
    about = "; ".join(timed["description"])
    report.paragraph(f"{about}; {timed['warmup']} warm-up runs.")
    click.echo(about)


def _latency_row(name: str, stage: dict[str, Any]) -> tuple[str, ...]:
    return (name, *(f"{stage[f'{figure}_ns'] / 1e6:.3f}" for figure in ("median", "p90", "p99")))
