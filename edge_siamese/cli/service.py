"""``edge-siamese service``: the systemd service."""

import os
import subprocess
from pathlib import Path

import click

from .shared.galleries import PATH
from .shared.options import json_option
from .shared.output import emit_json

_ROOT = click.option(
    "--root", type=PATH, default=Path("/"), help="Root folder of an image instead of this system; nothing is started."
)


@click.group()
def service() -> None:
    """Run as a systemd service: starts with the machine, restarts after a failure or a hang, has a user of its own.

    The service runs 'edge-siamese run' with the options of /etc/edge-siamese/edge-siamese.toml.
    """


@service.command()
@click.option("--camera", default="picamera2", show_default=True, help="Camera for a new configuration file.")
@_ROOT
@json_option
def install(camera: str, root: Path, as_json: bool) -> None:
    """Write the unit, the user and a configuration file, and enable the service. Needs root."""
    from ..system import service as systemd

    files = systemd.ServiceFiles(root)
    written = systemd.install(files, camera=camera)
    if as_json:
        emit_json("service-install", {"written": [str(path) for path in written]})
        return
    click.echo("\n".join(f"written: {path}" for path in written))
    click.echo(f"next: sudo -u edge-siamese edge-siamese enroll NAME PHOTO... --gallery {files.state / 'people.esg'}")
    click.echo("then: sudo systemctl start edge-siamese")


@service.command()
@json_option
def status(as_json: bool) -> None:
    """Show whether the service runs, since when, and how often it was restarted; exit code 1 if it does not run."""
    from ..system import service as systemd

    found = systemd.status()
    if as_json:
        emit_json("service-status", found)
    else:
        click.echo("\n".join(f"{key}: {value}" for key, value in found.items() if value))
    if found["ActiveState"] != "active":
        raise click.exceptions.Exit(1)


@service.command()
@click.option("-n", "--lines", type=click.IntRange(0, 100_000), default=50, show_default=True, help="Number of lines.")
@click.option("-f", "--follow", is_flag=True, help="Go on with new lines until Ctrl-C.")
@json_option
def logs(lines: int, follow: bool, as_json: bool) -> None:
    """Show the last lines of the service; --json prints the journal's own objects, one a line."""
    import shutil

    from ..errors import EdgeSiameseError

    if shutil.which("journalctl") is None:
        raise EdgeSiameseError("journalctl: not found; the service needs a system with systemd")
    words = ["journalctl", "--unit", "edge-siamese", "--lines", str(lines), "--no-pager"]
    words += ["--follow"] * follow + ["--output", "json" if as_json else "short-iso"]
    if follow:
        os.execvp(words[0], words)
    raise click.exceptions.Exit(subprocess.run(words, check=False).returncode)


@service.command()
@_ROOT
@json_option
def uninstall(root: Path, as_json: bool) -> None:
    """Stop and remove the service; the gallery, the configuration and the user stay. Needs root."""
    from ..system import service as systemd

    deleted = systemd.uninstall(systemd.ServiceFiles(root))
    if as_json:
        emit_json("service-uninstall", {"deleted": [str(path) for path in deleted]})
        return
    click.echo("\n".join(f"deleted: {path}" for path in deleted))
