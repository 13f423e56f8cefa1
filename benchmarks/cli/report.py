"""``edge-siamese bench report``: Markdown or an HTML page of a benchmark's results."""

from pathlib import Path

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json
from edge_siamese.errors import DataError

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--raw", type=_FILE, help="Raw samples of FILE: compare its percentiles with them first.")
@click.option("-o", "--output", type=_FILE, help="Write to this .html or .md file instead of printing Markdown.")
@json_option
def report(file: Path, raw: Path | None, output: Path | None, as_json: bool) -> None:
    """Show the results in FILE: the JSON of `bench latency`, `pipeline` or `thermal`, or raw samples.

    Raw samples of a run that was killed give a report that is marked as partial.
    """
    from edge_siamese.atomic import write_atomically

    from ..reports.markdown import markdown
    from ..reports.source import read_report
    from ..timing.report import SCHEMA_VERSION

    if output and output.suffix.lower() not in (".html", ".md"):
        raise DataError(f"{output}: expected a name that ends in .html or .md, found {output.suffix!r}", path=output)
    found = read_report(file, raw)
    if as_json:
        head = {name: found.pop(name, None) for name in ("schema", "version", "model")}
        emit_json(f"bench-{found['benchmark']}", found, models=head["model"], schema_version=SCHEMA_VERSION)
    if output is None and as_json:
        return
    if output is None:
        click.echo(markdown(found), nl=False)
    elif output.suffix.lower() == ".html":
        from ..reports.page import write_report_page

        write_report_page(output, found)
    else:
        with write_atomically(output) as stream:
            stream.write(markdown(found).encode())
