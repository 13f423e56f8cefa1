"""``edge-siamese report``: make a run's page anew."""

from pathlib import Path

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json, table


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@json_option
def report(run: Path, as_json: bool) -> None:
    """Make the report.html of RUN, a folder that 'train' filled, anew from what it keeps, and say its figures."""
    from ..reports.page import metric_rows, rebuild_run_report
    from ..reports.run_report import RunReport

    page = rebuild_run_report(run)
    report = RunReport.read(run)
    if as_json:
        metrics = {"float": report.float_metrics, "int8": report.int8_metrics}
        body = {name: each and each.model_dump(mode="json") for name, each in metrics.items()}
        published = report.published and report.published.model_dump(mode="json")
        emit_json("report", {"report": str(page), "title": report.title, **body, "published": published})
        return
    header, rows = metric_rows(report)
    click.echo(table(rows, header=header))
    click.echo(f"{page}: written", err=True)
