"""Options of ``run`` that send events somewhere, and the sinks that they open."""

import importlib.util
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...errors import DataError
from .galleries import PATH, note, take
from .lazy import MissingExtraError
from .numbers import FiniteRange
from .options import Decorator, Once, with_options
from .web import WebAddress

if TYPE_CHECKING:
    from ...events.broker import Broker
    from ...events.queued import QueuedSink
    from ...protocols import EventSink

_PACKAGES = {"mqtt": ("paho", "mqtt"), "gpio": ("gpiozero", "gpio"), "metrics": ("prometheus_client", "metrics")}

_MQTT_OPTIONS: tuple[Decorator, ...] = (
    click.option("--mqtt", cls=Once, help="Publish events on this broker: mqtt://[USER@]HOST[:PORT] or mqtts://..."),
    click.option(
        "--mqtt-name", cls=Once, help="Name of this program in topics and Home Assistant; default: the host's."
    ),
    click.option("--mqtt-prefix", cls=Once, help="First levels of all topics; default: edge-siamese."),
    click.option("--mqtt-password-file", cls=Once, type=PATH, help="File with the password of the broker's user."),
    click.option("--mqtt-ca", cls=Once, type=PATH, help="Certificates (PEM) to trust instead of the system's."),
    click.option("--mqtt-cert", cls=Once, type=PATH, help="Client certificate (PEM)."),
    click.option("--mqtt-key", cls=Once, type=PATH, help="Private key (PEM) of --mqtt-cert."),
)
_OPTIONS: tuple[Decorator, ...] = (
    *_MQTT_OPTIONS,
    click.option(
        "--home-assistant/--no-home-assistant",
        default=True,
        show_default=True,
        help="With --mqtt: publish discovery messages for Home Assistant.",
    ),
    click.option("--webhook", cls=Once, help="Post every event to this URL as JSON."),
    click.option("--webhook-secret-file", cls=Once, type=PATH, help="File with the key that signs the requests."),
    click.option(
        "--on-event", cls=Once, metavar="COMMAND", help="Run this program for events, with JSON on its input."
    ),
    click.option(
        "--on-event-kind",
        "event_kinds",
        multiple=True,
        help="Kind of event that runs --on-event; repeatable.  [default: decision, arrived, left]",
    ),
    click.option("--gpio", cls=Once, metavar="PIN", help="Switch this pin on when somebody is named, such as 17."),
    click.option(
        "--gpio-seconds",
        type=FiniteRange(0, 3600, min_open=True),
        default=3.0,
        show_default=True,
        help="How long the pin stays on.",
    ),
    click.option("--gpio-active-low", is_flag=True, help="The pin is low when on, as for many relay boards."),
    click.option("--gpio-person", "gpio_people", multiple=True, help="Switch for this person only; repeatable."),
    click.option(
        "--metrics",
        "metrics_address",
        cls=Once,
        type=WebAddress(),
        help="Serve metrics for Prometheus at this address, such as :9100 (this machine) or 0.0.0.0:9100.",
    ),
)


def sink_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of sinks; pass them on to `SinkPlan.taken_from`."""
    return with_options(command, _OPTIONS)


def mqtt_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a broker; pass them on to `taken_broker`."""
    return with_options(command, _MQTT_OPTIONS)


def taken_broker(options: dict[str, Any]) -> "tuple[Broker, str, str]":
    """Broker, prefix of topics and name of this device, from the options of `mqtt_options`, which are removed.

    Raises:
        click.UsageError: the broker is not given, or an option does not fit it.
    """
    taken = _taken_mqtt(options | {"home_assistant": False})
    for name in ("mqtt", "mqtt_name", "mqtt_prefix", "mqtt_password_file", "mqtt_ca", "mqtt_cert", "mqtt_key"):
        del options[name]
    if taken["broker"] is None:
        raise click.UsageError("expected the broker with --mqtt, found none")
    from ...events.topics import require_prefix

    prefix = require_prefix(taken["mqtt_prefix"] or "edge-siamese")
    return taken["broker"], prefix, taken["mqtt_name"] or socket.gethostname() or "edge-siamese"


@dataclass(frozen=True)
class LoopAccess:
    """What sinks may ask of the loop.

    Attributes:
        people: returns the names in the gallery.
        reload: reads the gallery again.
        diagnostics: returns the state of the machine and the loop.
    """

    people: Callable[[], Sequence[str]]
    reload: Callable[[], None]
    diagnostics: Callable[[], dict[str, Any]]


@dataclass(frozen=True)
class SinkPlan:
    """The sinks of a run, checked before any work; brokers are connected later.

    Attributes:
        broker, prefix, name, home_assistant: MQTT; `broker` is None without.
        sinks: other sinks by name, ready to receive events.
        metrics_address: host and port of the metrics, or None.
    """

    broker: "Broker | None"
    prefix: str
    name: str
    home_assistant: bool
    sinks: "dict[str, EventSink]"
    metrics_address: tuple[str, int] | None

    @classmethod
    def taken_from(cls, options: dict[str, Any]) -> "SinkPlan":
        """Remove the options of `sink_options` from a command's options.

        Raises:
            MissingExtraError: a package of an option is not installed.
            UsageError: an option without the one that it belongs to.
            DataError: an address, file, program or pin cannot be used.
        """
        from ...events.topics import require_prefix

        address = take(options, "metrics_address")["metrics_address"]
        mqtt, others = _taken_mqtt(options), _taken_others(options)
        if address is not None:
            require_package("metrics")
        prefix, name = (
            require_prefix(mqtt["mqtt_prefix"] or "edge-siamese"),
            mqtt["mqtt_name"] or socket.gethostname() or "edge-siamese",
        )
        return cls(mqtt["broker"], prefix, name, mqtt["home_assistant"], others, address)

    def start(self, access: LoopAccess) -> "list[QueuedSink]":
        """Start the sinks in threads of their own; a broker that is absent is no error."""
        from ...events.home_assistant import Topics
        from ...events.queued import QueuedSink

        sinks = dict(self.sinks)
        if self.broker is not None:
            from ...events.mqtt import MqttSink

            sinks["mqtt"] = MqttSink(
                self.broker,
                Topics(self.prefix, self.name),
                access.people,
                on_reload=access.reload,
                home_assistant=self.home_assistant,
                diagnostics=access.diagnostics,
            )
        return [QueuedSink(sink, name, warn=note) for name, sink in sinks.items()]


def require_package(option: str) -> None:
    """Check that the package of an option is installed.

    Raises:
        MissingExtraError: it is not.
    """
    package, extra = _PACKAGES[option]
    if importlib.util.find_spec(package) is None:
        raise MissingExtraError(f"--{option}", package, extra)


def secret_of(path: Path) -> str:
    """The first line of a file with a password or key.

    Raises:
        DataError: it cannot be read or is empty.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise DataError(f"{path}: cannot be read ({reason})", path=path) from error
    if not lines or not lines[0].strip():
        raise DataError(f"{path}: expected a password or key in the first line, found none", path=path)
    return lines[0].strip()


def _taken_mqtt(options: dict[str, Any]) -> dict[str, Any]:
    names = (
        "mqtt",
        "mqtt_name",
        "mqtt_prefix",
        "mqtt_password_file",
        "mqtt_ca",
        "mqtt_cert",
        "mqtt_key",
        "home_assistant",
    )
    taken = take(options, *names)
    url, files = taken["mqtt"], {"ca": taken["mqtt_ca"], "certificate": taken["mqtt_cert"], "key": taken["mqtt_key"]}
    if url is None:
        if taken["mqtt_password_file"] or taken["mqtt_name"] or any(files.values()):
            raise click.UsageError(
                "--mqtt-name, --mqtt-password-file, --mqtt-ca, --mqtt-cert and --mqtt-key need --mqtt"
            )
        return taken | {"broker": None}
    require_package("mqtt")
    from ...events.broker import Broker

    if files["key"] and not files["certificate"]:
        raise click.UsageError("--mqtt-key: expected --mqtt-cert as well")
    secret = None if taken["mqtt_password_file"] is None else secret_of(taken["mqtt_password_file"])
    broker = Broker.of_url(url, secret, **files)
    if secret is not None and broker.user is None:
        raise click.UsageError("--mqtt-password-file: expected a user in the address, such as mqtt://USER@HOST")
    if broker.tls:
        broker.context()
    return taken | {"broker": broker}


def _taken_others(options: dict[str, Any]) -> "dict[str, EventSink]":
    from ...events.command_hook import HOOK_KINDS, CommandHook
    from ...events.event import KINDS
    from ...events.webhook import WebhookSink

    hook = take(options, "webhook", "webhook_secret_file", "on_event", "event_kinds")
    gpio = take(options, "gpio", "gpio_seconds", "gpio_active_low", "gpio_people")
    sinks: dict[str, EventSink] = {}
    if hook["webhook"] is not None:
        secret = None if hook["webhook_secret_file"] is None else secret_of(hook["webhook_secret_file"]).encode()
        sinks["webhook"] = WebhookSink(hook["webhook"], secret)
    elif hook["webhook_secret_file"] is not None:
        raise click.UsageError("--webhook-secret-file needs --webhook")
    unknown = [kind for kind in hook["event_kinds"] if kind not in KINDS]
    if unknown:
        raise click.BadParameter(
            f"expected one of {', '.join(KINDS)}, found '{unknown[0]}'", param_hint="--on-event-kind"
        )
    if hook["on_event"] is not None:
        sinks["on-event"] = CommandHook(hook["on_event"], hook["event_kinds"] or HOOK_KINDS)
    elif hook["event_kinds"]:
        raise click.UsageError("--on-event-kind needs --on-event")
    if gpio["gpio"] is not None:
        require_package("gpio")
        from ...events.gpio import GpioSink

        sinks["gpio"] = GpioSink(
            gpio["gpio"], seconds=gpio["gpio_seconds"], active_low=gpio["gpio_active_low"], people=gpio["gpio_people"]
        )
    return sinks
