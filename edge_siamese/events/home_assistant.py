"""Home Assistant: discovery messages, from which it makes a device with its entities."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .. import __version__
from .topics import topic_part

DISCOVERY_PREFIX = "homeassistant"
EVENT_TYPES = ("match", "unknown", "undecided", "arrived", "left")


@dataclass(frozen=True)
class Topics:
    """Topics of one running program.

    Attributes:
        prefix: first levels of all its topics, such as ``edge-siamese``.
        name: of the program, such as the host name or the name of a door; any text.
    """

    prefix: str
    name: str

    @property
    def node(self) -> str:
        """The name as a part of topics and identifiers."""
        return topic_part(self.name)

    def of(self, *levels: str) -> str:
        """Topic below the program's: ``edge-siamese/door/state``."""
        return "/".join((self.prefix, self.node, *levels))

    def presence(self, person: str) -> str:
        """Topic with ``ON`` or ``OFF`` for a person."""
        return self.of("person", topic_part(person))


def discovery(topics: Topics, people: Iterable[str], models: str = "") -> dict[str, dict[str, Any]]:
    """Discovery messages by topic; Home Assistant expects them retained, as JSON.

    Args:
        topics: of the program.
        people: names in the gallery; each gets a presence sensor.
        models: model of the device in Home Assistant.
    """
    node = topics.node
    shared = {
        "availability_topic": topics.of("availability"),
        "device": {
            "identifiers": [f"edge-siamese-{node}"],
            "name": topics.name,
            "manufacturer": "edge-siamese",
            "model": models or "face verification",
            "sw_version": __version__,
        },
        "origin": {"name": "edge-siamese", "sw_version": __version__},
    }
    found = {}
    for component, key, entity in (*_entities(topics), *_people(topics, people)):
        found[discovery_topic(topics, component, key)] = entity | shared | {"unique_id": f"edge-siamese-{node}-{key}"}
    return found


def discovery_topic(topics: Topics, component: str, key: str) -> str:
    """Topic of the discovery message of an entity."""
    return f"{DISCOVERY_PREFIX}/{component}/edge-siamese-{topics.node}/{key}/config"


def _people(topics: Topics, people: Iterable[str]) -> Iterable[tuple[str, str, dict[str, Any]]]:
    for person in people:
        yield (
            "binary_sensor",
            f"person-{topic_part(person)}",
            {"name": person, "state_topic": topics.presence(person), "device_class": "occupancy"},
        )


def _entities(topics: Topics) -> Iterable[tuple[str, str, dict[str, Any]]]:
    state = {"state_topic": topics.of("state")}
    yield (
        "event",
        "face",
        {
            "name": "Face",
            "state_topic": topics.of("face"),
            "event_types": list(EVENT_TYPES),
            "icon": "mdi:face-recognition",
        },
    )
    yield (
        "sensor",
        "last-person",
        state
        | {
            "name": "Last person",
            "value_template": "{{ value_json.last.identity or value_json.last.decision }}",
            "json_attributes_topic": topics.of("state"),
            "json_attributes_template": "{{ value_json.last | tojson }}",
            "icon": "mdi:account",
        },
    )
    yield (
        "sensor",
        "present",
        state
        | {
            "name": "People present",
            "value_template": "{{ value_json.present | count }}",
            "state_class": "measurement",
            "icon": "mdi:account-group",
        },
    )
    diagnostic = {"entity_category": "diagnostic"}
    yield (
        "binary_sensor",
        "camera",
        state
        | diagnostic
        | {
            "name": "Camera",
            "device_class": "connectivity",
            "value_template": "{{ 'ON' if value_json.camera else 'OFF' }}",
        },
    )
    yield (
        "sensor",
        "enrolled",
        state
        | diagnostic
        | {
            "name": "People enrolled",
            "value_template": "{{ value_json.enrolled }}",
        },
    )
    for key, name, more in _DIAGNOSTICS:
        yield (
            "sensor",
            key.replace("_", "-"),
            diagnostic
            | more
            | {
                "name": name,
                "state_topic": topics.of("diagnostics"),
                "value_template": f"{{{{ value_json.{key} }}}}",
                "state_class": "measurement",
                "expire_after": 300,
            },
        )
    yield (
        "binary_sensor",
        "throttled",
        diagnostic
        | {
            "name": "Throttled",
            "state_topic": topics.of("diagnostics"),
            "device_class": "problem",
            "value_template": "{{ 'ON' if value_json.throttling else 'OFF' }}",
            "expire_after": 300,
        },
    )
    yield (
        "button",
        "reload",
        {
            "name": "Reload gallery",
            "command_topic": topics.of("command"),
            "payload_press": "reload",
            "entity_category": "config",
        },
    )


_DIAGNOSTICS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("temperature", "Temperature", {"device_class": "temperature", "unit_of_measurement": "°C"}),
    ("memory_mb", "Memory", {"device_class": "data_size", "unit_of_measurement": "MB"}),
    ("frames_per_second", "Frames per second", {"unit_of_measurement": "fps"}),
)
