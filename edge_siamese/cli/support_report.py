"""``edge-siamese support-report``."""

from pathlib import Path

import click

from ..system.doctor import examine
from ..system.host import detect_host
from .doctor import examine_configured
from .shared.deployed import configured_run, deployment_of
from .shared.galleries import PATH
from .shared.options import json_option
from .shared.output import emit_json


@click.command("support-report")
@click.option(
    "-o", "--output", type=PATH, default=Path("edge-siamese-report.zip"), show_default=True, help="The ZIP to write."
)
@json_option
def support_report(output: Path, as_json: bool) -> None:
    """Write what others need to help: findings of the doctor, versions, settings, counts of events.

    The file has no names, images, embeddings, passwords or addresses. Look into it before you send it.
    """
    from ..system.support_report import report_files, write_report

    host = detect_host()
    values, _ = configured_run()
    deployment, _ = deployment_of(values)
    findings = examine(host=host) + examine_configured()
    files = report_files(findings, host, values, gallery=deployment.gallery, events=deployment.events)
    write_report(output, files)
    if as_json:
        emit_json("support-report", {"output": str(output), "files": list(files)})
    else:
        click.echo(f"{output}: {', '.join(files)}")
