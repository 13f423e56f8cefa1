"""Runs a Home Assistant core with the MQTT integration for some seconds, in an environment of its own.

Arguments: folder of its configuration, port of the broker, file that receives the states of all entities as JSON. After a line
on standard input the states are written and the program ends. Warnings and errors of the integration are written as well.
"""

import asyncio
import json
import logging
import sys
from pathlib import Path


class Problems(logging.Handler):
    """Collects warnings of the MQTT integration."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


async def watch(folder: Path, port: int, target: Path) -> None:
    from homeassistant import bootstrap, loader
    from homeassistant.config_entries import ConfigEntries
    from homeassistant.core import CoreState, HomeAssistant
    from homeassistant.helpers import device_registry, entity_registry

    storage = folder / ".storage"
    storage.mkdir(parents=True, exist_ok=True)
    entry = {
        "created_at": "2025-01-01T00:00:00+00:00", "modified_at": "2025-01-01T00:00:00+00:00",
        "data": {"broker": "127.0.0.1", "port": port, "discovery": True}, "disabled_by": None, "discovery_keys": {},
        "domain": "mqtt", "entry_id": "01", "minor_version": 2, "options": {}, "pref_disable_new_entities": False,
        "pref_disable_polling": False, "source": "user", "title": "broker", "unique_id": None, "version": 1,
    }  # fmt: skip
    (folder / "configuration.yaml").write_text("")
    document = {"version": 1, "minor_version": 4, "key": "core.config_entries", "data": {"entries": [entry]}}
    (storage / "core.config_entries").write_text(json.dumps(document))
    core = HomeAssistant(str(folder))
    core.config.skip_pip = True
    loader.async_setup(core)
    core.config_entries = ConfigEntries(core, {})
    await bootstrap.async_load_base_functionality(core)
    problems = Problems()
    logging.getLogger("homeassistant.components.mqtt").addHandler(problems)
    from homeassistant.setup import async_setup_component

    core.config.components |= {"http", "file_upload"}  # the web pages of the integration are not needed
    assert await async_setup_component(core, "mqtt", {})
    core.set_state(CoreState.running)
    while not core.states.async_all("event"):
        await asyncio.sleep(0.1)
    await asyncio.sleep(3)  # topics are subscribed together, a moment after the discovery
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    await asyncio.sleep(2)
    entities = entity_registry.async_get(core).entities.values()
    found = {
        "problems": problems.lines,
        "devices": [device.name for device in device_registry.async_get(core).devices.values()],
        "entities": {entity.unique_id: entity.entity_id for entity in entities},
        "states": {state.entity_id: [state.state, dict(state.attributes)] for state in core.states.async_all()},
    }
    target.write_text(json.dumps(found, default=str, ensure_ascii=False))
    await core.async_stop(force=True)


if __name__ == "__main__":
    asyncio.run(watch(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
