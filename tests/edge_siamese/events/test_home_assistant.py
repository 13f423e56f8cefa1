"""Discovery messages: their shape, and a real Home Assistant core that makes entities of them (`make test-home-assistant`)."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge_siamese.events import Event
from edge_siamese.events.broker import Broker
from edge_siamese.events.home_assistant import EVENT_TYPES, Topics, discovery
from edge_siamese.events.mqtt import MqttSink
from edge_siamese.events.queued import QueuedSink

from .conftest import eventually

PEOPLE = ["Anna", "Zoë/#+🙂", "anna"]
TOPICS = Topics("home/door", "Tür")


def test_every_entity_has_a_unique_identifier_a_device_and_availability() -> None:
    found = discovery(TOPICS, PEOPLE)
    identifiers = [entity["unique_id"] for entity in found.values()]
    assert len(set(identifiers)) == len(found) == len(PEOPLE) + 10
    for topic, entity in found.items():
        assert topic.split("/")[0] == "homeassistant"
        assert topic.endswith("/config")
        assert set(topic.split("/")[2] + topic.split("/")[3]) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")
        assert entity["device"]["identifiers"] == [f"edge-siamese-{TOPICS.node}"]
        assert entity["availability_topic"] == f"home/door/{TOPICS.node}/availability"
        assert entity["origin"]["name"] == "edge-siamese"
        json.dumps(entity)


def test_names_that_look_alike_keep_their_own_entities_and_spelling() -> None:
    found = discovery(TOPICS, PEOPLE)
    sensors = {entity["name"]: entity["state_topic"] for topic, entity in found.items() if "/person-" in topic}
    assert set(sensors) == set(PEOPLE)
    assert len(set(sensors.values())) == len(PEOPLE)


@pytest.mark.home_assistant
def test_a_home_assistant_core_makes_entities_with_the_states_of_a_run(
    mosquitto: Any, event: Callable[..., Event], tmp_path: Path
) -> None:
    python = os.environ.get("EDGE_SIAMESE_HOME_ASSISTANT")
    if python is None:
        pytest.skip("EDGE_SIAMESE_HOME_ASSISTANT names no Python with Home Assistant: make test-home-assistant")
    port, target = mosquitto().port, tmp_path / "states.json"
    numbers = {"temperature": 51.5, "throttling": ["throttled"], "memory_mb": 120.0, "frames_per_second": 9.8}
    sink = MqttSink(Broker("127.0.0.1", port), TOPICS, lambda: PEOPLE, diagnostics=lambda: numbers)
    queued = QueuedSink(sink, "mqtt")
    program = Path(__file__).parent / "home_assistant_core.py"
    core = subprocess.Popen(
        [python, program, tmp_path / "core", str(port), target],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert core.stdout is not None
    assert core.stdout.readline() == "ready\n"
    queued.emit(event("camera_back", 1))
    queued.emit(event("arrived", 2, identity=PEOPLE[1]))
    queued.emit(event("decision", 3, decision="match", identity="Anna", reason="ok", score=0.8))
    eventually(lambda: queued.delivered == 3)
    core.communicate("\n", timeout=60)
    queued.close()
    found = json.loads(target.read_text())
    assert found["problems"] == []
    assert found["devices"] == ["Tür"]
    states = {
        key.removeprefix(f"edge-siamese-{TOPICS.node}-"): found["states"][name]
        for key, name in found["entities"].items()
    }
    assert len(states) == len(PEOPLE) + 10
    people = {attributes["friendly_name"]: state for state, attributes in states.values() if state in ("on", "off")}
    assert {name: people[f"Tür {name}"] for name in PEOPLE} == {"Anna": "off", PEOPLE[1]: "on", "anna": "off"}
    assert (states["camera"][0], states["present"][0], states["enrolled"][0]) == ("on", "1", "3")
    assert (states["last-person"][0], states["last-person"][1]["reason"]) == ("Anna", "ok")
    face = states["face"][1]
    assert (face["event_type"], face["identity"], face["event_types"]) == ("match", "Anna", list(EVENT_TYPES))
