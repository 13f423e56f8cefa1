"""``edge-siamese doctor``."""

import sys

import click

from ..system.doctor import TASKS, Finding, Status, examine, shipped_card
from ..system.host import detect_host
from .shared.options import json_option
from .shared.output import emit_json

_COLORS = {Status.OK: "green", Status.WARN: "yellow", Status.FAIL: "red"}


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check this machine: Python, packages, models, delegates and cameras, with a remedy for each problem.

    The exit code is 1 if a required part is missing or does not work.
    """
    host = detect_host()
    findings = examine(host=host)
    sound = all(finding.status is not Status.FAIL for finding in findings)
    if as_json:
        body = {"sound": sound, "host": host.to_json(), "findings": [finding.to_json() for finding in findings]}
        emit_json("doctor", body, models=_digests() if sound else {})
    else:
        click.echo("\n".join(_line(finding) for finding in findings))
    if not sound:
        sys.exit(1)


def _digests() -> dict[str, str]:
    return {task: shipped_card(task).digest for task in TASKS}


def _line(finding: Finding) -> str:
    mark = click.style(f"{finding.status:<4}", fg=_COLORS[finding.status])
    remedy = f"\n      -> {finding.remedy}" if finding.remedy else ""
    return f"{mark}  {finding.check}: {finding.sentence}{remedy}"
