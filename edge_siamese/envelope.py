"""The head that every JSON document of this project begins with."""

from typing import Any

from . import __version__


def envelope(
    command: str, body: dict[str, Any], *, models: dict[str, str] | None = None, schema_version: int = 1
) -> dict[str, Any]:
    """A JSON document of a command.

    Args:
        command: names the schema: ``edge-siamese/<command>/<schema_version>``.
        body: the rest of the document.
        models: digests by task.
        schema_version: grows when a document's fields change their meaning or go.
    """
    head: dict[str, Any] = {"schema": f"edge-siamese/{command}/{schema_version}", "version": __version__}
    if models is not None:
        head["model"] = models
    return head | body
