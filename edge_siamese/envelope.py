"""JSON envelope: the fields at the start of every JSON report of this project."""

from typing import Any

from . import __version__


def envelope(
    command: str, body: dict[str, Any], *, models: dict[str, str] | None = None, schema_version: int = 1
) -> dict[str, Any]:
    """Wrap the JSON report of a command.

    Args:
        command: names the schema: ``edge-siamese/<command>/<schema_version>``.
        body: the fields of the report.
        models: digest of each model, by task.
        schema_version: incremented when a field changes its meaning or is removed.
    """
    head: dict[str, Any] = {"schema": f"edge-siamese/{command}/{schema_version}", "version": __version__}
    if models is not None:
        head["model"] = models
    return head | body
