"""``edge-siamese pad``: tests the liveness challenge with genuine people and attacks (ISO/IEC 30107-3)."""

import json
from pathlib import Path
from typing import Any

import click

from .event_lines import PROMPTS
from .shared.galleries import PATH, note, plural
from .shared.numbers import FiniteRange
from .shared.options import engine_options, json_option
from .shared.output import emit_json, table


@click.group()
def pad() -> None:
    """Test the liveness challenge: record attempts of people and of attacks, report APCER and BPCER."""


@pad.command()
@click.argument("output", type=PATH)
@click.option("--camera", required=True, help="As for `run`; a camera, or a video of an attempt.")
@click.option("--kind", required=True, help="genuine, or the type of attack, such as print, screen or mask.")
@click.option("--subject", required=True, help="Who is presented, such as a number.")
@click.option("--attempts", type=click.IntRange(1, 10_000), default=10, show_default=True)
@click.option(
    "--turns", type=click.IntRange(1, 10), default=2, show_default=True, help="Turns of the head in a challenge."
)
@click.option("--seconds", type=FiniteRange(0.5, 60), default=5.0, show_default=True, help="Time for each prompt.")
@json_option
@engine_options
def record(
    output: Path,
    camera: str,
    kind: str,
    subject: str,
    attempts: int,
    turns: int,
    seconds: float,
    as_json: bool,
    **engine_settings: Any,
) -> None:
    """Run attempts before a camera and append their outcomes to OUTPUT, one JSON line each. No images are kept."""
    from ..cameras import open_source
    from ..engine import FaceEngine
    from ..errors import DataError
    from ..liveness.attempts import run_attempts
    from ..liveness.challenge import ChallengeLimits
    from ..liveness.report import read_attempts

    if output.exists():
        read_attempts([output])
    limits, done = ChallengeLimits(turns=turns, seconds=seconds), []
    with FaceEngine.open(**engine_settings) as engine, open_source(camera) as source:
        try:
            with output.open("a", encoding="utf-8") as stream:
                for attempt in run_attempts(
                    source,
                    engine,
                    kind=kind,
                    subject=subject,
                    count=attempts,
                    limits=limits,
                    ask=lambda prompt: note(PROMPTS[prompt]),
                ):
                    stream.write(json.dumps(attempt.to_json()) + "\n")
                    stream.flush()
                    done.append(attempt)
                    note(
                        f"attempt {len(done)} of {attempts}: {attempt.outcome.replace('_', ' ')} ({attempt.why.replace('_', ' ')})"
                    )
        except OSError as error:
            raise DataError(f"{output}: cannot be written ({error.strerror or error})", path=output) from error
    if as_json:
        emit_json("pad-record", {"output": str(output), "attempts": [one.to_json() for one in done]})
    else:
        note(f"{output}: {plural(len(done), 'attempt')} added")


@pad.command()
@click.argument("files", type=PATH, nargs=-1, required=True)
@json_option
def report(files: tuple[Path, ...], as_json: bool) -> None:
    """Report APCER for each type of attack and BPCER, with exact 95 % intervals, from FILES of `pad record`."""
    from ..errors import DataError
    from ..liveness.report import GENUINE, rates_of, read_attempts

    rates = rates_of(read_attempts(files))
    if not rates:
        raise DataError("expected at least one attempt, found none")
    if as_json:
        emit_json("pad-report", {"kinds": [rate.to_json() for rate in rates]})
        return
    rows = [
        (
            rate.kind,
            rate.name,
            f"{rate.rate:.1%}",
            "{:.1%} to {:.1%}".format(*rate.interval),
            f"{rate.attempts} of {rate.subjects}",
            str(rate.no_response),
        )
        for rate in rates
    ]
    click.echo(table(rows, header=("kind", "rate", "value", "95 % interval", "attempts of subjects", "no response")))
    for rate in rates:
        cues = ", ".join(f"{name} {low:g} / {middle:g} / {high:g}" for name, (low, middle, high) in rate.cues.items())
        click.echo(f"{rate.kind}: {cues} (min / median / max)")
    attacks = [rate for rate in rates if rate.kind != GENUINE]
    if attacks:
        click.echo(f"worst type of attack: {attacks[0].kind}, APCER {attacks[0].rate:.1%}")
