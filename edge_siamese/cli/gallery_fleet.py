"""``edge-siamese gallery publish`` and ``receive``: galleries over MQTT."""

import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .shared.galleries import PATH, note, plural, take
from .shared.numbers import FiniteRange
from .shared.options import engine_options, json_option
from .shared.output import emit_json
from .shared.sinks import mqtt_options, taken_broker

if TYPE_CHECKING:
    from ..events.gallery_delivery import DeviceAnswer

_FOREVER_S = 10.0**9


@click.command()
@click.argument("path", metavar="GALLERY", type=PATH)
@click.option("--devices", type=click.IntRange(0), default=0, show_default=True, help="Wait for so many devices.")
@click.option("--timeout", type=FiniteRange(0), default=60.0, show_default=True, help="Seconds to wait.")
@mqtt_options
@json_option
def publish(path: Path, devices: int, timeout: float, as_json: bool, **options: Any) -> None:
    """Publish a GALLERY as a retained message, for devices that run 'gallery receive'.

    The exit code is 1 if fewer than --devices installed it.
    """
    broker, prefix, _ = taken_broker(options)
    from ..events.gallery_delivery import publish_gallery
    from ..gallery.container.reader import map_file
    from ..gallery.trust.opening import parse_trusted

    data = bytes(map_file(path))
    sequence = parse_trusted(data, path).sequence
    answers = publish_gallery(broker, prefix, data, sequence, devices=devices, timeout_s=timeout)
    installed = sum(answer.installed for answer in answers)
    if as_json:
        body = {"gallery": str(path), "sequence": sequence, "answers": [asdict(answer) for answer in answers]}
        emit_json("gallery-publish", body)
    else:
        click.echo(f"{path}: sequence {sequence} published; installed by {plural(installed, 'device')}")
        for answer in answers:
            click.echo(_line(answer))
    if installed < devices:
        sys.exit(1)


@click.command()
@click.argument("folder", metavar="FOLDER", type=PATH)
@click.option("--once", is_flag=True, help="End after the first gallery.")
@click.option("--timeout", type=FiniteRange(0), help="End after so many seconds without a gallery.")
@mqtt_options
@engine_options
@json_option
def receive(folder: Path, once: bool, timeout: float | None, as_json: bool, **options: Any) -> None:
    """Install every gallery that is published into FOLDER, and answer; see 'gallery install'.

    --mqtt-name is the name of the device in its answers. With --json, one document a line. Ends on SIGTERM.
    """
    mqtt = take(options, *[name for name in options if name.startswith("mqtt")])
    broker, prefix, device = taken_broker(mqtt)
    from ..engine import FaceEngine
    from ..events.gallery_delivery import GalleryReceiver
    from ..gallery.delivery.install import Installation, install

    with FaceEngine.open(**options) as engine:
        card = engine.embedder_card

    def installed(path: Path) -> Installation:
        return install(path, folder, check=lambda gallery: gallery.require(card))

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    receiver = GalleryReceiver(broker, prefix, device, folder, installed)
    try:
        while (answer := receiver.next_answer(timeout or _FOREVER_S, stop)) is not None:
            if as_json:
                emit_json("gallery-receive", asdict(answer))
            else:
                click.echo(_line(answer))
            if once:
                return
    finally:
        receiver.close()
    if once:
        note(f"no gallery was published within {timeout:g} s" if timeout else "stopped")
        sys.exit(1)


def _line(answer: "DeviceAnswer") -> str:
    return f"{answer.device}: " + (f"sequence {answer.sequence} installed" if answer.installed else f"{answer.why}")
