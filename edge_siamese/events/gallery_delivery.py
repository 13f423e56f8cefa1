"""Delivery of galleries to a fleet over MQTT: one retained message, and an answer of every device.

Topics below ``PREFIX/gallery/``:

=================  ===================================================================================  ========
``latest``         JSON, schema ``edge-siamese/gallery-delivery/1``: ``sequence``, ``sha256``,          retained
                   ``gallery`` (the file or a patch, base64)
``device/PART``    JSON of each device: ``device``, ``sequence``, ``sha256``, ``installed``, ``why``    retained
``receiver/PART``  ``online`` or ``offline`` (also as the last will)                                    retained
=================  ===================================================================================  ========

A device installs only what its policy accepts: the broker need not be trusted where signatures are required.
"""

import base64
import hashlib
import json
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from ..atomic import TEMPORARY_PREFIX
from ..envelope import envelope
from ..errors import EdgeSiameseError
from ..gallery.delivery.install import Installation
from .broker import Broker, BrokerConnection, BrokerMessage
from .topics import topic_part

SCHEMA = "gallery-delivery"
_ANSWER_S = 10.0
_POLL_S = 0.2


@dataclass(frozen=True)
class DeviceAnswer:
    """What a device says about the gallery that it received.

    Attributes:
        device: name of the device.
        sequence: sequence number that was announced; None if the message was damaged.
        sha256: of the delivered bytes, hex; None if the message was damaged.
        installed: whether the gallery is in use.
        why: the sentence of the error; None if it is installed.
    """

    device: str
    sequence: int | None
    sha256: str | None
    installed: bool
    why: str | None = None


def publish_gallery(
    broker: Broker,
    prefix: str,
    data: bytes,
    sequence: int,
    *,
    devices: int = 0,
    timeout_s: float = 60.0,
    on_answer: Callable[[DeviceAnswer], None] = lambda answer: None,
) -> list[DeviceAnswer]:
    """Publish a gallery as the retained message, and collect the answers of devices.

    Args:
        broker: address and login.
        prefix: first levels of the topics.
        data: the file, or a patch.
        sequence: its sequence number.
        devices: how many devices to wait for.
        timeout_s: longest time to wait.
        on_answer: called for each answer, from another thread.

    Returns:
        The answers about this gallery; fewer than `devices` after the time.

    Raises:
        DeliveryError: the broker did not take the message.
        DataError: a certificate cannot be used.
    """
    digest = hashlib.sha256(data).hexdigest()
    answers: dict[str, DeviceAnswer] = {}
    complete = threading.Event()

    def answered(_topic: str, text: str) -> None:
        answer = _answer_of(text)
        if answer is None or answer.sha256 != digest or answer.device in answers:
            return
        answers[answer.device] = answer
        on_answer(answer)
        if len(answers) >= devices:
            complete.set()

    body = {"sequence": sequence, "sha256": digest, "gallery": base64.b64encode(data).decode()}
    message = BrokerMessage(f"{prefix}/gallery/latest", json.dumps(envelope(SCHEMA, body)), retain=True)
    vanished = BrokerMessage(f"{prefix}/gallery/publisher", "offline")
    connection = BrokerConnection(
        broker, will=vanished, on_ready=lambda send: None, subscriptions={f"{prefix}/gallery/device/+": answered}
    )
    try:
        connection.wait({connection.send(message)}, min(timeout_s, _ANSWER_S))
        if devices:
            complete.wait(timeout_s)
    finally:
        connection.close(vanished)
    return sorted(answers.values(), key=lambda answer: answer.device)


class GalleryReceiver:
    """Installs the galleries that are published, and answers.

    Args:
        broker: address and login.
        prefix: first levels of the topics.
        device: name of this device.
        folder: with the slots.
        install: installs the file at a path.

    Raises:
        DataError: a certificate cannot be used.
    """

    def __init__(
        self, broker: Broker, prefix: str, device: str, folder: Path, install: Callable[[Path], Installation]
    ) -> None:
        self._device, self._folder, self._install = device, folder, install
        self._topic = f"{prefix}/gallery/device/{topic_part(device)}"
        self._arrived: SimpleQueue[str] = SimpleQueue()
        presence = f"{prefix}/gallery/receiver/{topic_part(device)}"
        self._offline = BrokerMessage(presence, "offline", retain=True)
        self._connection = BrokerConnection(
            broker,
            will=self._offline,
            on_ready=lambda send: send(BrokerMessage(presence, "online", retain=True)),
            subscriptions={f"{prefix}/gallery/latest": lambda _topic, text: self._arrived.put(text)},
        )

    def next_answer(self, timeout_s: float, stop: threading.Event | None = None) -> DeviceAnswer | None:
        """Wait for the next gallery, install it and answer; None after the time, or if `stop` is set."""
        until = time.monotonic() + timeout_s
        while (left := until - time.monotonic()) > 0 and not (stop and stop.is_set()):
            try:
                text = self._arrived.get(timeout=min(left, _POLL_S))
            except Empty:
                continue
            answer = self._installed(text)
            answered = BrokerMessage(self._topic, json.dumps(asdict(answer), ensure_ascii=False), retain=True)
            self._connection.wait({self._connection.send(answered)}, _ANSWER_S)
            return answer
        return None

    def close(self) -> None:
        """Say that the device is offline, and disconnect."""
        self._connection.close(self._offline)

    def _installed(self, text: str) -> DeviceAnswer:
        try:
            body = json.loads(text)
            sequence, digest = int(body["sequence"]), str(body["sha256"])
            data = base64.b64decode(body["gallery"], validate=True)
        except (ValueError, KeyError, TypeError):
            return DeviceAnswer(self._device, None, None, False, "expected a gallery in JSON, found something else")
        found = hashlib.sha256(data).hexdigest()
        if found != digest:
            return DeviceAnswer(self._device, sequence, found, False, "the gallery was damaged on the way")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=TEMPORARY_PREFIX) as place:
                path = Path(place, "received")
                path.write_bytes(data)
                self._install(path)
        except (EdgeSiameseError, OSError) as error:
            return DeviceAnswer(self._device, sequence, digest, False, str(error))
        return DeviceAnswer(self._device, sequence, digest, True)


def _answer_of(text: str) -> DeviceAnswer | None:
    try:
        fields: dict[str, Any] = json.loads(text)
        return DeviceAnswer(**fields)
    except (ValueError, TypeError):
        return None
