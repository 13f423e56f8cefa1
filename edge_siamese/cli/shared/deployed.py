"""What the configuration says about ``run``, for the doctor and the support report."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...configuration import LayeredConfiguration, search_paths
from ...errors import EdgeSiameseError
from ...system.doctor import Finding, Status
from .configured import ConfiguredCommand, check_top, settings_of

if TYPE_CHECKING:
    from ...system.deployment import Deployment


def configured_run() -> "tuple[dict[str, Any], list[Finding]]":
    """Configured values of ``run`` by key, and findings about the configuration."""
    paths = [path for path in search_paths() if path.exists()]
    if not paths:
        return {}, [Finding("configuration", Status.OK, "no edge-siamese.toml; options are given on the command line")]
    from ..main import root

    try:
        configuration = LayeredConfiguration.read(paths)
        command = ConfiguredCommand((), root, click.Context(root))
        for file in configuration.files:
            check_top(file, command)
        run = command.child("run")
        values = {} if run is None else {key: value.value for key, value in settings_of(run, configuration).items()}
    except EdgeSiameseError as error:
        return {}, [Finding("configuration", Status.FAIL, str(error), "edge-siamese config check")]
    return values, [Finding("configuration", Status.OK, ", ".join(map(str, paths)))]


def deployment_of(values: dict[str, Any]) -> "tuple[Deployment, list[Finding]]":
    """The deployment of configured values, and findings about values that cannot be used."""
    from ...events.broker import Broker
    from ...system.deployment import Deployment
    from .sinks import require_package, secret_of

    broker, findings = None, []
    if (url := _one(values.get("mqtt"))) is not None:
        try:
            require_package("mqtt")
            secret = _one(values.get("mqtt-password-file"))
            files = {name: _path(values.get(f"mqtt-{key}")) for name, key in _FILES.items()}
            broker = Broker.of_url(str(url), secret_of(Path(secret)) if secret else None, **files)
        except (EdgeSiameseError, click.ClickException) as error:
            findings.append(Finding("broker", Status.FAIL, str(error), "mend --mqtt in the configuration"))
    cameras = values.get("camera") or ()
    gallery, events = _path(values.get("gallery")), _path(values.get("events"))
    return Deployment(tuple(map(str, cameras)), gallery, events, broker), findings


_FILES = {"ca": "ca", "certificate": "cert", "key": "key"}


def _one(value: Any) -> Any:
    return value[0] if isinstance(value, tuple | list) and value else value or None


def _path(value: Any) -> Path | None:
    one = _one(value)
    return None if one is None else Path(one)
