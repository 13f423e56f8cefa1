"""Output of commands: text tables and JSON reports."""

import json
from collections.abc import Sequence
from typing import Any

import click

from ...envelope import envelope


def emit_json(
    command: str, body: dict[str, Any], *, models: dict[str, str] | None = None, schema_version: int = 1
) -> None:
    """Print the JSON report of a command, or one line of a stream; see `envelope.envelope`."""
    whole = envelope(command, body, models=models, schema_version=schema_version)
    click.echo(json.dumps(whole, ensure_ascii=False, allow_nan=False))


def table(rows: Sequence[Sequence[str]], *, header: Sequence[str] | None = None, align: str = "<>") -> str:
    """Rows as aligned columns.

    Args:
        rows: cells.
        header: a line above.
        align: ``<`` or ``>`` for each column; the last one also applies to all further columns.
    """
    lines = [header, *rows] if header else list(rows)
    columns = len(lines[0]) if lines else 0
    align = align.ljust(columns, align[-1])
    widths = [max(len(line[column]) for line in lines) for column in range(columns)]
    return "\n".join(
        "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(line, align, widths, strict=False)).rstrip()
        for line in lines
    )
