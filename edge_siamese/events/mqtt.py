"""MQTT sink: events, retained state and Home Assistant discovery on a broker.

Topics below ``PREFIX/NAME/``:

=================  ========================================================  ========
``availability``   ``online`` or ``offline`` (also as the last will)         retained
``event``          every event as JSON, schema ``edge-siamese/event/1``
``face``           decisions, ``arrived`` and ``left`` for Home Assistant
``state``          JSON: present, last, camera(s), number of the enrolled    retained
``person/PART``    ``ON`` or ``OFF`` for each person of the gallery          retained
``diagnostics``    JSON: temperature, throttling, memory, frames per second
``command``        ``reload`` reads the gallery again
=================  ========================================================  ========
"""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .broker import KEEPALIVE_S, Broker, BrokerConnection, BrokerMessage
from .event import Event
from .home_assistant import Topics, discovery, discovery_topic
from .topics import topic_part

_ANSWER_S = 2.0
_CAMERA = {"started": True, "camera_missing": False, "camera_lost": False, "camera_back": True}
DIAGNOSTICS_EVERY_S = 60.0


@dataclass
class _State:
    """What is retained on the broker."""

    people: tuple[str, ...]
    where: dict[str, set[str]] = field(default_factory=dict)  # cameras at which a person is, by person
    cameras: dict[str, bool] = field(default_factory=dict)
    last: dict[str, Any] = field(
        default_factory=lambda: {"identity": None, "decision": "none", "reason": None, "time": None}
    )

    @property
    def present(self) -> list[str]:
        return [person for person, cameras in self.where.items() if cameras]

    def to_json(self) -> dict[str, Any]:
        return {
            "present": self.present,
            "last": self.last,
            "camera": bool(self.cameras) and all(self.cameras.values()),
            "cameras": self.cameras,
            "enrolled": len(self.people),
        }


class MqttSink:
    """Publishes events and state on a broker. Use it in a `QueuedSink`.

    Args:
        broker: address and login.
        topics: prefix and name of this program.
        people: returns the names in the gallery.
        on_reload: called when ``reload`` is sent to the topic ``command``.
        home_assistant: whether to publish discovery messages.
        diagnostics: returns the numbers of the topic ``diagnostics``, called every `DIAGNOSTICS_EVERY_S`; None without.
        keepalive_s: seconds without traffic after which the connection is tested.

    Raises:
        DataError: a certificate of the broker's login cannot be used.
    """

    def __init__(
        self,
        broker: Broker,
        topics: Topics,
        people: Callable[[], Sequence[str]],
        *,
        on_reload: Callable[[], None] | None = None,
        home_assistant: bool = True,
        diagnostics: Callable[[], dict[str, Any]] | None = None,
        keepalive_s: int = KEEPALIVE_S,
    ) -> None:
        self._topics, self._people, self._on_reload = topics, people, on_reload
        self._home_assistant = home_assistant
        self._lock = threading.Lock()
        self._state = _State(tuple(people()))
        self._current: Event | None = None
        self._numbers: set[int] = set()
        subscriptions: dict[str, Callable[[str, str], None]] = {topics.of("command"): self._command}
        if home_assistant:
            subscriptions[discovery_topic(topics, "binary_sensor", "+")] = self._forget_stale_person
        subscriptions[topics.of("person", "+")] = self._forget_stale_presence
        self._connection = BrokerConnection(
            broker,
            will=BrokerMessage(topics.of("availability"), "offline", retain=True),
            on_ready=self._send_retained,
            subscriptions=subscriptions,
            keepalive_s=keepalive_s,
        )
        self._ended = threading.Event()
        if diagnostics is not None:
            threading.Thread(target=self._report, args=(diagnostics,), name="mqtt diagnostics", daemon=True).start()

    def emit(self, event: Event) -> None:
        """Publish an event and wait for the broker's acknowledgment.

        Raises:
            DeliveryError: no acknowledgment yet; called again with the same event, only waits again.
        """
        if event is not self._current:
            with self._lock:  # also while sending: the retained messages of a connect are not sent between
                self._numbers = {self._connection.send(message) for message in self._messages(event)}
            self._current = event
        self._connection.wait(self._numbers, _ANSWER_S)

    def close(self) -> None:
        """Announce ``offline`` and disconnect."""
        self._ended.set()
        self._connection.close(BrokerMessage(self._topics.of("availability"), "offline", retain=True))

    def _messages(self, event: Event) -> Iterator[BrokerMessage]:
        body = event.to_json()
        yield BrokerMessage(self._topics.of("event"), _json(body))
        yield from self._changes_of_people(event)
        face_event = body["decision"] if event.kind == "decision" else event.kind
        if event.kind in ("decision", "arrived", "left") and body["reason"] not in ("no_face", "stale_frame"):
            keys = ("identity", "reason", "score", "source", "time")
            yield BrokerMessage(
                self._topics.of("face"), _json({"event_type": face_event} | {key: body[key] for key in keys})
            )
            self._state.last = {"decision": face_event} | {key: body[key] for key in ("identity", "reason", "time")}
        yield from self._changes_of_presence(event, body["identity"])
        if event.kind in _CAMERA:
            self._state.cameras[event.source] = _CAMERA[event.kind]
        yield BrokerMessage(self._topics.of("state"), _json(self._state.to_json()), retain=True)

    def _changes_of_presence(self, event: Event, person: str | None) -> Iterator[BrokerMessage]:
        if person is None or event.kind not in ("arrived", "left"):
            return
        cameras = self._state.where.setdefault(person, set())
        if event.kind == "arrived":
            cameras.add(event.source)
        else:
            cameras.discard(event.source)
        if person in self._state.people:
            yield self._presence(person)

    def _changes_of_people(self, event: Event) -> Iterator[BrokerMessage]:
        """Discovery messages for added people; everything retained about removed people is erased."""
        if event.kind != "gallery_reloaded":
            return
        before, self._state.people = self._state.people, tuple(self._people())
        for person in sorted({*before} - {*self._state.people}):
            self._state.where.pop(person, None)
            if self._state.last["identity"] == person:
                self._state.last = {"identity": None, "decision": "none", "reason": None, "time": None}
            yield BrokerMessage(self._topics.presence(person), "", retain=True)
            if self._home_assistant:
                yield BrokerMessage(self._person_topic(person), "", retain=True)
        added = {*self._state.people} - {*before}
        yield from (self._presence(person) for person in self._state.people if person in added)
        if self._home_assistant:
            yield from self._discovery()

    def _send_retained(self, send: Callable[[BrokerMessage], int]) -> None:
        """Send everything that the broker has to keep: after each connect, since a broker may forget."""
        with self._lock:
            for message in self._retained():
                send(message)

    def _retained(self) -> Iterator[BrokerMessage]:
        if self._home_assistant:
            yield from self._discovery()
        yield BrokerMessage(self._topics.of("availability"), "online", retain=True)
        yield from (self._presence(person) for person in self._state.people)
        yield BrokerMessage(self._topics.of("state"), _json(self._state.to_json()), retain=True)

    def _discovery(self) -> list[BrokerMessage]:
        found = discovery(self._topics, self._state.people)
        return [BrokerMessage(topic, _json(entity), retain=True) for topic, entity in found.items()]

    def _presence(self, person: str) -> BrokerMessage:
        return BrokerMessage(
            self._topics.presence(person), "ON" if person in self._state.present else "OFF", retain=True
        )

    def _person_topic(self, person: str) -> str:
        return discovery_topic(self._topics, "binary_sensor", f"person-{topic_part(person)}")

    def _command(self, _topic: str, text: str) -> None:
        if text == "reload" and self._on_reload is not None:
            self._on_reload()

    def _forget_stale_person(self, topic: str, text: str) -> None:
        """Erase the entity of a person who was removed while this program did not run."""
        known = {self._person_topic(person) for person in self._state.people}
        if text and topic not in known and "/person-" in topic:
            self._connection.send(BrokerMessage(topic, "", retain=True))

    def _forget_stale_presence(self, topic: str, text: str) -> None:
        if text and topic not in {self._topics.presence(person) for person in self._state.people}:
            self._connection.send(BrokerMessage(topic, "", retain=True))

    def _report(self, diagnostics: Callable[[], dict[str, Any]]) -> None:
        while not self._ended.wait(1.0 if not self._connection.is_connected else 0.0):
            if self._connection.is_connected:
                self._connection.send(BrokerMessage(self._topics.of("diagnostics"), _json(diagnostics())))
                if self._ended.wait(DIAGNOSTICS_EVERY_S):
                    return


def _json(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False, allow_nan=False)
