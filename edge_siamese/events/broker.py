"""Connection to an MQTT broker with paho-mqtt (extra ``mqtt``): reconnects, acknowledged messages, retained state."""

import ssl
import sys
import threading
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ..errors import DataError
from .queued import DeliveryError

KEEPALIVE_S = 30
"""A connection that delivers nothing for this long, and no answer to a ping as long again, is opened anew."""
_KEPT = 4096  # numbers of acknowledged messages that nobody waits for; paho counts to 65535 and begins again
_SCHEMES = {"mqtt": 1883, "mqtts": 8883}
_LOGIN_REJECTED = ("Bad user name or password", "Not authorized")  # brokers say either for a wrong password


@dataclass(frozen=True)
class BrokerMessage:
    """A message: topic, text, and whether the broker keeps it for later subscribers."""

    topic: str
    text: str
    retain: bool = False


@dataclass(frozen=True)
class Broker:
    """Address and login of a broker.

    Attributes:
        host, port: address.
        user, password: login; None without one.
        tls: whether the connection is encrypted.
        ca: file with the certificates to trust; None for the system's.
        certificate, key: client certificate and its key, PEM files; None without one.
    """

    host: str
    port: int = 1883
    user: str | None = None
    password: str | None = None
    tls: bool = False
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    @classmethod
    def of_url(cls, url: str, password: str | None = None, **files: Path | None) -> "Broker":
        """Broker of ``mqtt://user@host:1883`` or ``mqtts://host``.

        Args:
            url: address, optionally with user name and password.
            password: of the user; wins over the URL's.
            files: ``ca``, ``certificate`` and ``key``; they need ``mqtts``.

        Raises:
            DataError: not such an address.
        """
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        usable = (
            parts.scheme in _SCHEMES and parts.hostname and port != -1 and parts.path in ("", "/") and not parts.query
        )
        if not usable or not parts.hostname:
            shown = url.rpartition("@")[2]
            raise DataError(f"the broker: expected mqtt://HOST:PORT or mqtts://HOST:PORT, found '{shown}'", found=shown)
        tls = parts.scheme == "mqtts"
        if not tls and any(files.values()):
            raise DataError("the broker: certificates need an address that begins with mqtts://")
        user = unquote(parts.username) if parts.username else None
        secret = password or (unquote(parts.password) if parts.password else None)
        return cls(parts.hostname, port or _SCHEMES[parts.scheme], user, secret, tls, **files)

    def __str__(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"

    def context(self) -> ssl.SSLContext:
        """TLS settings: host name and certificate are always checked.

        Raises:
            DataError: a certificate file cannot be used.
        """
        named = self.ca or self.certificate
        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.certificate is not None:
                named = self.certificate
                context.load_cert_chain(self.certificate, self.key)
        except OSError as error:  # ssl.SSLError is one
            reason = "it has no usable PEM certificate" if isinstance(error, ssl.SSLError) else error.strerror
            raise DataError(f"{named}: the certificate cannot be used ({reason})", path=named) from error
        return context


class BrokerConnection:
    """A connection that is opened in the background and again whenever it is lost.

    Messages that the broker has not acknowledged are sent again after a reconnect.

    Args:
        broker: address and login.
        will: message that the broker publishes when this program vanishes.
        on_ready: called after each connect with a function that sends a message: sends what is retained on the broker.
        subscriptions: what to call with topic and text of the messages of each topic filter.
        keepalive_s: see `KEEPALIVE_S`.

    Raises:
        DataError: a certificate cannot be used.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        will: BrokerMessage,
        on_ready: Callable[[Callable[[BrokerMessage], int]], object],
        subscriptions: Mapping[str, Callable[[str, str], None]] | None = None,
        keepalive_s: int = KEEPALIVE_S,
    ) -> None:
        from paho.mqtt import client as paho
        from paho.mqtt.enums import CallbackAPIVersion

        self._broker, self._on_ready, self._subscriptions = broker, on_ready, dict(subscriptions or {})
        self._acknowledged: dict[int, None] = {}  # the last ones, oldest first
        self._changed = threading.Condition()
        self._problem = f"no connection to {broker} yet"
        self.connects = 0
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"edge-siamese-{uuid.uuid4().hex[:16]}")
        if broker.user is not None:
            client.username_pw_set(broker.user, broker.password)
        if broker.tls:
            client.tls_set_context(broker.context())
        client.will_set(will.topic, will.text, qos=1, retain=will.retain)
        client.reconnect_delay_set(1, 30)
        client.on_connect, client.on_disconnect = self._connected, self._disconnected
        client.on_connect_fail, client.on_publish = self._not_connected, self._published
        client.on_message = self._received
        self._client: Any = client
        client.connect_async(broker.host, broker.port, keepalive=keepalive_s)
        client.loop_start()

    @property
    def is_connected(self) -> bool:
        return bool(self._client.is_connected())

    def send(self, message: BrokerMessage) -> int:
        """Send a message, now or after the next connect; returns its number for `wait`."""
        return int(self._client.publish(message.topic, message.text, qos=1, retain=message.retain).mid)

    def wait(self, numbers: set[int], timeout_s: float) -> None:
        """Wait until the broker has acknowledged messages, and forget their numbers.

        Raises:
            DeliveryError: it has not within the time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: numbers <= self._acknowledged.keys(), timeout_s):
                why = "the broker does not answer" if self.is_connected else self._problem
                raise DeliveryError(why)
            for number in numbers:
                del self._acknowledged[number]

    def close(self, last: BrokerMessage, timeout_s: float = 0.3) -> None:
        """Send a last message and disconnect, within about twice the given seconds."""
        if self.is_connected:
            with suppress(DeliveryError):  # the broker publishes the will instead
                self.wait({self.send(last)}, timeout_s)
        self._client.disconnect()
        ending = threading.Thread(target=self._client.loop_stop, daemon=True)  # waits for a connect in progress
        ending.start()
        ending.join(timeout_s)

    def _connected(self, client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            what = "user name or password" if str(reason) in _LOGIN_REJECTED else f"connection ({reason})"
            self._problem = f"the broker rejects the {what}"
            return
        self.connects += 1
        for topic in self._subscriptions:
            client.subscribe(topic, qos=1)
        self._on_ready(self.send)

    def _disconnected(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure and not self._problem.startswith("the broker rejects"):
            self._problem = f"the connection to {self._broker} is lost ({reason})"

    def _not_connected(self, _client: Any, _data: Any) -> None:
        self._problem = f"no connection to {self._broker} ({_why(sys.exc_info()[1])})"

    def _published(self, _client: Any, _data: Any, number: int, _reason: Any, _properties: Any) -> None:
        with self._changed:
            self._acknowledged[number] = None
            while len(self._acknowledged) > _KEPT:
                del self._acknowledged[next(iter(self._acknowledged))]
            self._changed.notify_all()

    def _received(self, client: Any, _data: Any, message: Any) -> None:
        from paho.mqtt.client import topic_matches_sub

        for topic, receive in self._subscriptions.items():
            if topic_matches_sub(topic, message.topic):
                receive(message.topic, message.payload.decode(errors="replace"))


def _why(error: BaseException | None) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "no TLS connection"
    if isinstance(error, TimeoutError):
        return "no answer"
    return getattr(error, "strerror", None) or str(error) or "unknown reason"


def login_problem(broker: Broker, timeout_s: float) -> str | None:
    """Connect and disconnect; returns why that is impossible, or None.

    Raises:
        DataError: a certificate cannot be used.
    """
    from paho.mqtt import client as paho
    from paho.mqtt.enums import CallbackAPIVersion

    done, problem = threading.Event(), [f"{broker}: no answer within {timeout_s:g} s"]

    def connected(_client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        what = "user name or password" if str(reason) in _LOGIN_REJECTED else f"connection ({reason})"
        problem[:] = [f"{broker}: the broker rejects the {what}"] if reason.is_failure else []
        done.set()

    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.on_connect = connected
    client.connect_timeout = timeout_s
    if broker.user is not None:
        client.username_pw_set(broker.user, broker.password)
    if broker.tls:
        client.tls_set_context(broker.context())
    try:
        client.connect(broker.host, broker.port)
    except OSError as error:
        return f"no connection to {broker} ({_why(error)})"
    client.loop_start()
    done.wait(timeout_s)
    client.disconnect()
    client.loop_stop()
    return problem[0] if problem else None
