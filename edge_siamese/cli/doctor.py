"""``edge-siamese doctor``."""

import sys
from pathlib import Path

import click

from ..errors import EdgeSiameseError
from ..system.doctor import TASKS, Finding, Status, examine, shipped_card
from ..system.host import detect_host
from .shared.options import json_option
from .shared.output import emit_json

_COLORS = {Status.OK: "green", Status.WARN: "yellow", Status.FAIL: "red"}


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check this machine and the configuration, with a remedy for each problem.

    Checked are Python, packages, models, delegates, the board's temperature and throttling, clock, memory, disk, and the cameras,
    gallery and broker that edge-siamese.toml names.

    The exit code is 1 if a required part is missing or does not work.
    """
    host = detect_host()
    findings = examine(host=host) + examine_configured()
    sound = all(finding.status is not Status.FAIL for finding in findings)
    if as_json:
        body = {"sound": sound, "host": host.to_json(), "findings": [finding.to_json() for finding in findings]}
        emit_json("doctor", body, models=_digests() if sound else {})
    else:
        click.echo("\n".join(_line(finding) for finding in findings))
    if not sound:
        sys.exit(1)


def examine_configured() -> list[Finding]:
    """Findings about the configuration of ``run`` and what it names."""
    from ..models import named_model
    from ..system.deployment import examine_deployment
    from ..tflite.model_card import read_card
    from .shared.deployed import configured_run, deployment_of

    values, findings = configured_run()
    deployment, more = deployment_of(values)
    try:
        embedder = values.get("embedder")
        path = None if embedder is None else named_model(str(embedder)) or Path(str(embedder))
        card = shipped_card("embedder") if path is None else read_card(path)
    except EdgeSiameseError:
        card = None  # reported with the models
    return findings + more + examine_deployment(deployment, card)


def _digests() -> dict[str, str]:
    return {task: shipped_card(task).digest for task in TASKS}


def _line(finding: Finding) -> str:
    mark = click.style(f"{finding.status:<4}", fg=_COLORS[finding.status])
    remedy = f"\n      -> {finding.remedy}" if finding.remedy else ""
    return f"{mark}  {finding.check}: {finding.sentence}{remedy}"
