"""The root command ``edge-siamese``. Commands are imported only when they run, so that ``--help`` is fast."""

import logging
import os
import sys
from typing import NoReturn, TextIO

import click

from .. import __version__
from ..errors import EdgeSiameseError
from ..native_output import captured_native_output
from .shared.lazy import Entry, LazyGroup

_CLI = "edge_siamese.cli"


def _training(target: str, line: str) -> Entry:
    return Entry(f"edge_siamese_converter.cli.{target}", line, needs=("tensorflow", "rich"), extra="converter")


_PAGES = ("matplotlib", "jinja2", "sklearn", "pydantic")

COMMANDS = {
    "verify": Entry(f"{_CLI}.verify:verify", "Compare the faces on two photos (1:1)."),
    "identify": Entry(f"{_CLI}.identify:identify", "Name the faces on photos from a gallery (1:N, open set)."),
    "embed": Entry(f"{_CLI}.embed:embed", "Write boxes, landmarks and embeddings of faces to a file."),
    "evaluate": Entry(f"{_CLI}.evaluate:evaluate", "Measure verification on a folder, zip or tar of people."),
    "run": Entry(f"{_CLI}.run:run", "Identify people on a camera, video or folder."),
    "replay": Entry(f"{_CLI}.replay:replay", "Decide a recorded session again and list what changes."),
    "pad": Entry(f"{_CLI}.pad:pad", "Test the liveness challenge with people and attacks."),
    "enroll": Entry(f"{_CLI}.enroll:enroll", "Add a person to a gallery from photos or a camera."),
    "gallery": Entry(f"{_CLI}.gallery:gallery", "Build, show, check and change galleries."),
    "unknown": Entry(f"{_CLI}.unknown:unknown", "Review, enroll and delete the faces that `run --keep-unknown` kept."),
    "doctor": Entry(f"{_CLI}.doctor:doctor", "Check this machine and list what is missing."),
    "service": Entry(f"{_CLI}.service:service", "Install, watch and remove the systemd service."),
    "self-test": Entry(f"{_CLI}.self_test:self_test", "Compare a delegate's outputs with the models' golden vectors."),
    "support-report": Entry(f"{_CLI}.support_report:support_report", "Write a report for those who help, without names and faces."),
    "preview": Entry(f"{_CLI}.preview:preview", "Compare photos and enroll people on a web page.", needs=("fastapi", "uvicorn"), extra="web"),
    "config": Entry(f"{_CLI}.config:config", "Show and check the configuration files."),
    "demo": Entry(f"{_CLI}.demo:demo", "Run all steps on rendered faces or on your photos."),
    "data": Entry("edge_siamese_converter.cli.data:data", "Prepare, split, pair and preview training images.", needs=("pydantic", "rich"), extra="converter"),
    "train": _training("train:train", "Train a recipe on your data, or fine-tune the embedder on your people."),
    "sweep": _training("sweep:sweep", "Train a recipe with every combination of a grid of values."),
    "distill": _training("distill:distill", "Train the embedder from a teacher's embeddings."),
    "train-detector": _training("train_detector:train_detector", "Train the face detector."),
    "curves": Entry("edge_siamese_converter.cli.curves:curves", "Plot training runs.", needs=("matplotlib",), extra="report"),
    "report": Entry("edge_siamese_converter.cli.report:report", "Write the report of a training run again.", needs=_PAGES, extra="converter"),
    "plot": Entry("edge_siamese_converter.cli.plot:plot", "Plot embeddings: t-SNE, ROC, DET, pairs...", needs=_PAGES, extra="converter"),
    "convert": _training("convert:convert", "Quantize a trained network to int8 and measure the loss."),
    "lint": _training("lint:lint", "List operators unsupported on XNNPACK, Edge TPU or MCUs."),
    "fit-quality": Entry("edge_siamese_converter.cli.fit_quality:fit_quality", "Fit the quality score to the models."),
    "fit-conditions": Entry(
        "edge_siamese_converter.cli.fit_conditions:fit_conditions", "Fit the measure of masks, glasses and infrared light."
    ),
    "quality-limits": Entry(
        "edge_siamese_converter.cli.quality_limits:quality_limits", "Measure missed matches by face size and blur."
    ),
    "representatives": Entry("edge_siamese_converter.cli.representatives:representatives", "Show the representative photos of each person."),
    "firmware": Entry("edge_siamese_firmware.cli:firmware", "Prepare galleries and networks for microcontrollers."),
    "bench": Entry("edge_siamese_benchmarks.cli:bench", "Measure latency, throughput and accuracy on this board."),
}  # fmt: skip


@click.group(cls=LazyGroup, entries=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-v", "--verbose", count=True, help="Log more on stderr; twice for all details.")
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=lambda *a: _show_version(*a))
def root(verbose: int) -> None:
    """Face verification on edge boards: train, quantize, flash, verify, measure."""
    handler = _StderrHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=(logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)], handlers=[handler])
    context = click.get_current_context()
    context.with_resource(captured_native_output())
    _configure(context)


def _configure(context: click.Context) -> None:
    """Make configured values the defaults of the command, except of those that run with a wrong configuration."""
    from ..configuration import LayeredConfiguration, search_paths
    from .shared.configured import UNCONFIGURED, apply_configuration

    if context.invoked_subcommand not in (None, *UNCONFIGURED):
        apply_configuration(context, LayeredConfiguration.read(search_paths()))


class _StderrHandler(logging.StreamHandler[TextIO]):
    """Writes to the current ``sys.stderr``, which `captured_native_output` replaces."""

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, _: TextIO) -> None:
        pass


def _show_version(context: click.Context, _: click.Parameter, expected: bool) -> None:
    if expected:
        from .version import version_lines

        click.echo("\n".join(version_lines(__version__)))
        context.exit()


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run a command line and exit: 0 success, 1 failure, 2 bad usage or input, 130 interrupted.

    With ``--json``, an error is also printed as one JSON document on standard output, schema ``edge-siamese/error/1``.
    """
    try:
        code = root(arguments, prog_name="edge-siamese", standalone_mode=False)
    except click.exceptions.Exit as exit_:
        sys.exit(exit_.exit_code)
    except click.ClickException as error:
        error.show()
        _fail(arguments, error.format_message(), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("edge-siamese: stopped", err=True)
        _fail(arguments, "stopped", 130)
    except EdgeSiameseError as error:
        click.echo(f"edge-siamese: {error}", err=True)
        _fail(arguments, str(error), error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        sentence = f"{error.filename or 'input/output'}: {error.strerror or error}"
        click.echo(f"edge-siamese: {sentence}", err=True)
        _fail(arguments, sentence, 1)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(arguments: list[str] | None, sentence: str, exit_code: int) -> NoReturn:
    words = sys.argv[1:] if arguments is None else arguments
    if "--json" in words[: words.index("--") if "--" in words else None]:
        from .shared.output import emit_json

        emit_json("error", {"error": sentence, "exit_code": exit_code})
    sys.exit(exit_code)
