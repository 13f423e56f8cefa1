"""Start of the Home Assistant add-on: its options become the command line of ``edge-siamese run``.

``python -m edge_siamese.system.home_assistant_addon`` is the add-on's program (`docs/home_assistant_addon`).
"""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

from ..errors import DataError

OPTIONS = Path("/data/options.json")
FILES = Path("/config")
_MQTT_SERVICE = "http://supervisor/services/mqtt"


def supervisor_broker(environment: Mapping[str, str] | None = None) -> dict[str, Any] | None:
    """The broker that Home Assistant's supervisor offers to add-ons, or None."""
    token = (os.environ if environment is None else environment).get("SUPERVISOR_TOKEN")
    if not token:
        return None
    try:
        with urlopen(Request(_MQTT_SERVICE, headers={"Authorization": f"Bearer {token}"}), timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)["data"]
    except (OSError, ValueError, KeyError):
        return None
    return found


def command_line(
    options: Mapping[str, Any],
    secrets: Path,
    files: Path = FILES,
    broker: Callable[[], dict[str, Any] | None] = supervisor_broker,
) -> list[str]:
    """Arguments of ``edge-siamese``.

    Args:
        options: the add-on's options.
        secrets: folder for the file with the broker's password, which is not visible to other users.
        files: folder with the gallery and the events.
        broker: returns the supervisor's broker.

    Raises:
        DataError: the camera or gallery is missing.
    """
    for key in ("camera", "gallery"):
        if not options.get(key):
            raise DataError(f"the option '{key}' of the add-on: expected a value, found none")
    words = ["run", "--camera", str(options["camera"]), "--gallery", str(files / str(options["gallery"]))]
    words += ["--events", str(files / "events.jsonl"), "--events-size", "5MB"]
    if options.get("target_fpir") is not None:
        words += ["--target-fpir", str(options["target_fpir"])]
    if options.get("page"):
        words += ["--web", "0.0.0.0:8443", "--token-file", str(secrets / "token")]
    url, password = _broker_url(options, broker)
    if url:
        words += ["--mqtt", url, "--mqtt-name", "home-assistant"]
    if url and password:
        file = secrets / "mqtt-password"
        file.touch(0o600)
        file.write_text(password + "\n", encoding="utf-8")
        words += ["--mqtt-password-file", str(file)]
    return words


def _broker_url(options: Mapping[str, Any], broker: Callable[[], dict[str, Any] | None]) -> tuple[str, str]:
    if options.get("mqtt"):
        return str(options["mqtt"]), str(options.get("mqtt_password") or "")
    found = broker()
    if found is None:
        return "", ""
    scheme = "mqtts" if found.get("ssl") else "mqtt"
    user = f"{quote(str(found['username']), safe='')}@" if found.get("username") else ""
    return f"{scheme}://{user}{found['host']}:{found['port']}", str(found.get("password") or "")


def main() -> None:
    """Read the options and become ``edge-siamese run``."""
    words = command_line(json.loads(OPTIONS.read_text(encoding="utf-8")), OPTIONS.parent)
    os.execvp("edge-siamese", ["edge-siamese", *words])


if __name__ == "__main__":
    main()
