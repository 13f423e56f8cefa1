"""``edge-siamese bench report``: Markdown or an HTML page of a benchmark's results."""

from pathlib import Path

import click

from edge_siamese.errors import DataError

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--raw", type=_FILE, help="Raw samples of FILE: compare its percentiles with them first.")
@click.option("-o", "--output", type=_FILE, help="Write to this .html or .md file instead of printing Markdown.")
def report(file: Path, raw: Path | None, output: Path | None) -> None:
    """Show the results in FILE: the JSON of `bench latency`, `pipeline` or `thermal`, or raw samples.

    Raw samples of a run that was killed give a report that is marked as partial.
    """
    from edge_siamese.atomic import write_atomically

    from ..reports.markdown import markdown
    from ..reports.source import read_report

    if output and output.suffix.lower() not in (".html", ".md"):
        raise DataError(f"{output}: expected a name that ends in .html or .md, found {output.suffix!r}", path=output)
    found = read_report(file, raw)
    if output is None:
        click.echo(markdown(found), nl=False)
    elif output.suffix.lower() == ".html":
        from ..reports.page import write_report_page

        write_report_page(output, found)
    else:
        with write_atomically(output) as stream:
            stream.write(markdown(found).encode())
