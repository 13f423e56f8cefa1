"""Installation advice: the pip command that belongs to the running Python environment."""

import shlex
import sys
from pathlib import Path

NEW_ENVIRONMENT = "python3 -m venv .venv && .venv/bin/python"
"""Shell commands that make a virtual environment and name its Python."""


def pip_command(arguments: str) -> str:
    """Shell command that runs pip in this environment, or in a new one outside a virtual environment.

    Raspberry Pi OS and Debian forbid pip outside a virtual environment (PEP 668).

    Args:
        arguments: arguments of pip, quoted for a shell, such as ``install 'edge-siamese[converter]'``.
    """
    return f"{_environment_python()} -m pip {arguments}"


def install_command(*requirements: str) -> str:
    """Shell command that installs `requirements`, such as ``edge-siamese[converter]``, with pip."""
    return pip_command("install " + " ".join(map(shlex.quote, requirements)))


def _environment_python() -> str:
    if sys.prefix == sys.base_prefix:
        return NEW_ENVIRONMENT
    python = Path(sys.executable)
    if python.is_relative_to(Path.cwd()):
        python = python.relative_to(Path.cwd())
    return shlex.quote(str(python))
