"""The MQTT sink against a real mosquitto: login, TLS, last will, retained state, lost connections."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("paho.mqtt", reason="the extra mqtt is not installed")

from edge_siamese.errors import DataError
from edge_siamese.events import Event
from edge_siamese.events.broker import Broker
from edge_siamese.events.home_assistant import Topics
from edge_siamese.events.mqtt import MqttSink
from edge_siamese.events.queued import QueuedSink
from edge_siamese.events.topics import topic_part

from .conftest import PASSWORD, eventually, free_port

ODD = "Zoë/#+🙂"
MakeSink = Callable[..., QueuedSink]


@pytest.fixture
def people() -> list[str]:
    return ["Anna", ODD]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def sink(people: list[str], said: list[str]) -> Iterator[MakeSink]:
    """``sink(broker)``: the sink of a program called door, in a thread of its own."""
    made: list[QueuedSink] = []

    def make(broker: Broker, **settings: Any) -> QueuedSink:
        inner = MqttSink(broker, Topics("edge-siamese", "door"), lambda: people, **settings)
        made.append(QueuedSink(inner, "mqtt", warn=said.append, pauses=(0.1,)))
        return made[-1]

    yield make
    for each in made:
        each.close()


def local(port: int, **fields: Any) -> Broker:
    return Broker("127.0.0.1", port, **fields)


def test_events_and_state_arrive_and_state_is_retained(
    mosquitto: Any, subscribe: Any, sink: MakeSink, event: Callable[..., Event]
) -> None:
    port = mosquitto().port
    live = subscribe(port, "edge-siamese/#")
    queued = sink(local(port))
    queued.emit(event("started", 1))
    queued.emit(event("camera_back", 2))
    queued.emit(event("decision", 3, decision="match", identity="Anna", reason="ok", score=0.8))
    queued.emit(event("arrived", 4, identity="Anna"))
    queued.emit(event("arrived", 5, identity=ODD))
    queued.emit(event("left", 6, identity="Anna"))
    eventually(lambda: queued.delivered == 6)
    eventually(lambda: len(live.texts("/event")) == 6)
    assert [json.loads(text)["event"] for text in live.texts("/event")] == [
        "started", "camera_back", "decision", "arrived", "arrived", "left",
    ]  # fmt: skip
    assert [json.loads(text)["event_type"] for text in live.texts("/face")] == ["match", "arrived", "arrived", "left"]
    later = subscribe(port, "edge-siamese/door/#").retained
    eventually(lambda: "edge-siamese/door/state" in later())
    kept = later()
    assert kept["edge-siamese/door/availability"] == "online"
    assert kept[f"edge-siamese/door/person/{topic_part('Anna')}"] == "OFF"
    assert kept[f"edge-siamese/door/person/{topic_part(ODD)}"] == "ON"
    state = json.loads(kept["edge-siamese/door/state"])
    assert state["present"] == [ODD]
    assert (state["camera"], state["enrolled"], state["last"]["decision"]) == (True, 2, "left")
    assert not {"edge-siamese/door/event", "edge-siamese/door/face"} & set(kept)


def test_who_is_at_two_cameras_is_present_until_both_are_left(
    mosquitto: Any, subscribe: Any, sink: MakeSink, event: Callable[..., Event]
) -> None:
    port = mosquitto().port
    live = subscribe(port, "edge-siamese/door/#")
    queued = sink(local(port))
    for kind, camera in [("arrived", "door"), ("arrived", "yard"), ("left", "door"), ("left", "yard")]:
        queued.emit(replace(event(kind, identity="Anna"), source=camera))
    queued.emit(replace(event("camera_lost"), source="yard"))
    eventually(lambda: queued.delivered == 5)
    eventually(lambda: len(live.texts("/event")) == 5)
    assert live.texts(topic_part("Anna"))[-4:] == ["ON", "ON", "ON", "OFF"]
    assert json.loads(live.texts("/state")[-1])["cameras"] == {"yard": False}


def test_no_message_and_no_topic_has_an_embedding_or_an_image(
    mosquitto: Any, subscribe: Any, sink: MakeSink, event: Callable[..., Event]
) -> None:
    port = mosquitto().port
    live = subscribe(port)
    queued = sink(local(port))
    queued.emit(event("decision", 1, decision="match", identity=ODD, reason="ok"))
    eventually(lambda: live.texts("/event"))
    assert all("embedding" not in text and len(text) < 2000 for _, text, _ in live.messages)
    assert all(set("#+") & set(topic) == set() and topic.isascii() for topic, _, _ in live.messages)


def test_a_killed_broker_loses_no_decision(
    mosquitto: Any, subscribe: Any, sink: MakeSink, event: Callable[..., Event], said: list[str]
) -> None:
    broker = mosquitto(durable=True)
    live = subscribe(broker.port, "edge-siamese/door/event")
    queued = sink(local(broker.port))
    for number in range(120):
        queued.emit(event("decision", number, decision="match", identity="Anna", reason="ok"))
        if number == 40:
            eventually(lambda: queued.delivered >= 20)
            broker.kill()
        if number == 80:
            time.sleep(0.5)
            broker.start()
    eventually(lambda: queued.delivered == 120, 30)
    eventually(lambda: len({json.loads(text)["sequence"] for text in live.texts("/event")}) == 120, 30)
    numbers = [json.loads(text)["sequence"] for text in live.texts("/event")]
    assert list(dict.fromkeys(numbers)) == list(range(120)), "in order"
    assert len(numbers) <= 122, "at most the messages in flight are sent twice"
    assert queued.lost == queued.failed == 0


def test_a_broker_that_forgets_gets_the_state_again(
    mosquitto: Any, subscribe: Any, sink: MakeSink, event: Callable[..., Event]
) -> None:
    broker = mosquitto()
    queued = sink(local(broker.port))
    queued.emit(event("arrived", 1, identity="Anna"))
    eventually(lambda: queued.delivered == 1)
    broker.kill()
    broker.start()
    retained = subscribe(broker.port).retained
    eventually(lambda: retained().get(f"edge-siamese/door/person/{topic_part('Anna')}") == "ON")
    assert retained()["edge-siamese/door/availability"] == "online"
    assert any(topic.startswith("homeassistant/") for topic in retained())


def test_an_absent_broker_is_reported_once_and_found_later(
    mosquitto: Any, sink: MakeSink, event: Callable[..., Event], said: list[str]
) -> None:
    broker = mosquitto()
    broker.kill()
    queued = sink(local(broker.port))
    queued.emit(event(number=1))
    eventually(lambda: said)
    assert said == [f"mqtt: no connection to mqtt://127.0.0.1:{broker.port} (Connection refused)"]
    broker.start()
    eventually(lambda: queued.delivered == 1)
    assert said[1:] == ["mqtt: works again"]


def test_a_wrong_password_is_one_sentence_without_the_password(
    mosquitto: Any, sink: MakeSink, event: Callable[..., Event], said: list[str]
) -> None:
    port = mosquitto(login=True).port
    queued = sink(local(port, user="door", password="wrong-one"))
    queued.emit(event())
    eventually(lambda: said)
    assert said == ["mqtt: the broker rejects the user name or password"]


def test_a_login_with_any_password_works(mosquitto: Any, sink: MakeSink, event: Callable[..., Event]) -> None:
    port = mosquitto(login=True).port
    queued = sink(Broker.of_url(f"mqtt://door@127.0.0.1:{port}", PASSWORD))
    queued.emit(event())
    eventually(lambda: queued.delivered == 1)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "broker.pem", folder / "broker.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-out", certificate, "-keyout", key],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


@pytest.fixture
def tls_port(mosquitto: Any, certificate: tuple[Path, Path]) -> int:
    return int(mosquitto(f"certfile {certificate[0]}", f"keyfile {certificate[1]}").port)


def test_an_encrypted_connection_with_a_trusted_certificate_works(
    tls_port: int, certificate: tuple[Path, Path], sink: MakeSink, event: Callable[..., Event]
) -> None:
    queued = sink(Broker.of_url(f"mqtts://127.0.0.1:{tls_port}", ca=certificate[0]))
    queued.emit(event())
    eventually(lambda: queued.delivered == 1)


def test_a_certificate_that_is_not_trusted_is_one_sentence(
    tls_port: int, sink: MakeSink, event: Callable[..., Event], said: list[str]
) -> None:
    queued = sink(Broker.of_url(f"mqtts://127.0.0.1:{tls_port}"))
    queued.emit(event())
    eventually(lambda: said)
    assert said[0].startswith(
        f"mqtt: no connection to mqtts://127.0.0.1:{tls_port} (its certificate is not trusted: self"
    )
    assert queued.delivered == 0


def test_a_half_open_connection_is_noticed_and_nothing_is_lost(
    mosquitto: Any, subscribe: Any, sink: MakeSink, event: Callable[..., Event]
) -> None:
    port = mosquitto().port
    live = subscribe(port, "edge-siamese/door/event")
    with Relay(port) as relay:
        queued = sink(local(relay.port), keepalive_s=1)
        queued.emit(event(number=1))
        eventually(lambda: queued.delivered == 1)
        relay.silent.set()
        queued.emit(event(number=2))
        time.sleep(0.3)
        assert queued.delivered == 1
        eventually(lambda: relay.connections > 1, 30)
        eventually(lambda: queued.delivered == 2, 30)
    assert {json.loads(text)["sequence"] for text in live.texts("/event")} == {1, 2}


class Relay:
    """Passes bytes between a client and the broker; while silent, it takes them and delivers none, as a half-open connection."""

    def __init__(self, target: int) -> None:
        self._target, self._server = target, socket.create_server(("127.0.0.1", 0))
        self.port, self.connections, self.silent = int(self._server.getsockname()[1]), 0, threading.Event()
        self._open: list[socket.socket] = []

    def __enter__(self) -> "Relay":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._server, *self._open):
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            broker = socket.create_connection(("127.0.0.1", self._target))
            self._open += [client, broker]
            self.connections += 1
            silent = self.connections == 1  # only the first connection goes silent
            for source, sink in ((client, broker), (broker, client)):
                threading.Thread(target=self._pump, args=(source, sink, silent), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, can_be_silent: bool) -> None:
        try:
            while data := source.recv(65536):
                if not (can_be_silent and self.silent.is_set()):
                    sink.sendall(data)
        except OSError:
            pass


VANISHING = """
import sys, time
from edge_siamese.events.broker import Broker
from edge_siamese.events.home_assistant import Topics
from edge_siamese.events.mqtt import MqttSink
MqttSink(Broker("127.0.0.1", int(sys.argv[1])), Topics("edge-siamese", "door"), list)
time.sleep(60)
"""


def test_a_program_that_vanishes_is_offline_and_one_that_ends_as_well(
    mosquitto: Any, subscribe: Any, sink: MakeSink, event: Callable[..., Event]
) -> None:
    port = mosquitto().port
    live = subscribe(port, "edge-siamese/door/availability")
    vanishing = subprocess.Popen([sys.executable, "-c", VANISHING, str(port)])
    try:
        eventually(lambda: live.texts("availability") == ["online"], 60)
    finally:
        os.kill(vanishing.pid, signal.SIGKILL)
        vanishing.wait()
    eventually(lambda: live.texts("availability") == ["online", "offline"])
    queued = sink(local(port))
    eventually(lambda: live.texts("availability")[2:] == ["online"])
    begun = time.monotonic()
    queued.close()
    assert time.monotonic() - begun < 1.5
    eventually(lambda: live.texts("availability")[3:] == ["offline"])


def test_a_removed_person_is_erased_from_the_broker(
    mosquitto: Any, subscribe: Any, sink: MakeSink, event: Callable[..., Event], people: list[str]
) -> None:
    port = mosquitto().port
    queued = sink(local(port))
    queued.emit(event("decision", 1, decision="match", identity="Anna", reason="ok"))
    queued.emit(event("arrived", 2, identity="Anna"))
    eventually(lambda: queued.delivered == 2)
    people.remove("Anna")
    people.append("Ben")
    queued.emit(event("gallery_reloaded", 3, detail={}))
    eventually(lambda: queued.delivered == 3)
    kept = subscribe(port).retained
    eventually(lambda: f"edge-siamese/door/person/{topic_part('Ben')}" in kept())
    assert [topic for topic, text in kept().items() if topic_part("Anna") in topic or "Anna" in text] == []


def test_a_person_who_was_removed_while_the_program_was_off_is_erased_at_the_start(
    mosquitto: Any, subscribe: Any, sink: MakeSink, event: Callable[..., Event], people: list[str]
) -> None:
    port = mosquitto().port
    first = sink(local(port))
    first.emit(event("started"))
    eventually(lambda: first.delivered == 1)
    first.close()
    people.remove("Anna")
    second = sink(local(port))
    second.emit(event("started"))
    eventually(lambda: second.delivered == 1)

    def left() -> list[str]:
        kept = subscribe(port).retained
        eventually(lambda: kept().get("edge-siamese/door/availability") == "online")
        return [topic for topic, text in kept().items() if topic_part("Anna") in topic]

    eventually(lambda: not left())


def test_the_reload_button_reaches_the_program(mosquitto: Any, subscribe: Any, sink: MakeSink, event: Any) -> None:
    port = mosquitto().port
    called: list[bool] = []
    queued = sink(local(port), on_reload=lambda: called.append(True))
    queued.emit(event("started"))
    eventually(lambda: queued.delivered == 1)
    other = subscribe(port).client
    other.publish("edge-siamese/door/command", "delete everything")
    other.publish("edge-siamese/door/command", "reload", qos=1)
    eventually(lambda: called)
    assert called == [True]


def test_diagnostics_are_published(mosquitto: Any, subscribe: Any, sink: MakeSink) -> None:
    port = mosquitto().port
    live = subscribe(port, "edge-siamese/door/diagnostics")
    sink(local(port), diagnostics=lambda: {"temperature": 51.5})
    eventually(lambda: live.texts("diagnostics"))
    assert json.loads(live.texts("diagnostics")[0]) == {"temperature": 51.5}


def test_the_queue_is_bounded_while_no_broker_is_there(event: Callable[..., Event], said: list[str]) -> None:
    inner = MqttSink(local(free_port()), Topics("edge-siamese", "door"), list, home_assistant=False)
    queued = QueuedSink(inner, "mqtt", warn=said.append, capacity=10, pauses=(0.1,))
    for number in range(1000):
        queued.emit(event(number=number))
    assert queued.waiting <= 10
    begun = time.monotonic()
    queued.close()
    assert time.monotonic() - begun < 2.0
    assert said[-1].startswith("mqtt: ended with ")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("127.0.0.1:1883", "127.0.0.1:1883"),
        ("http://broker", "http://broker"),
        ("mqtt://", "mqtt://"),
        ("mqtt://broker:99999", "mqtt://broker:99999"),
        ("mqtt://broker:port", "mqtt://broker:port"),
        ("mqtt://anna:secret@broker/topic", "broker/topic"),
    ],
)
def test_a_wrong_address_is_one_sentence_without_the_password(url: str, found: str) -> None:
    with pytest.raises(DataError, match="expected mqtt://HOST:PORT") as error:
        Broker.of_url(url)
    assert str(error.value).endswith(f"found '{found}'")
    assert "secret" not in str(error.value)


def test_the_parts_of_an_address() -> None:
    broker = Broker.of_url("mqtts://an%40na:p%20w@[::1]:8884")
    assert (broker.host, broker.port, broker.user, broker.password, broker.tls) == ("::1", 8884, "an@na", "p w", True)
    assert Broker.of_url("mqtt://broker").port == 1883
    assert "p w" not in str(broker)


def test_certificates_need_an_encrypted_address_and_usable_files(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="need an address that begins with mqtts"):
        Broker.of_url("mqtt://broker", ca=tmp_path / "ca.pem")
    with pytest.raises(DataError, match=r"ca.pem: the certificate cannot be used \(No such file"):
        Broker.of_url("mqtts://broker", ca=tmp_path / "ca.pem").context()
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(DataError, match="it has no usable PEM certificate"):
        Broker.of_url("mqtts://broker", ca=tmp_path / "ca.pem").context()
