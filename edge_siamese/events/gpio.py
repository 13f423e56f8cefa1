"""GPIO sink: switches a pin, such as a relay's or a lamp's, for some seconds when somebody is named (extra ``gpio``)."""

import time
from collections.abc import Collection
from typing import Any

from ..errors import DataError, RuntimeMissingError
from ..protocols import Clock
from .event import Event

LATEST_NS = 2_000_000_000
"""Events older than this switch nothing: nobody stands there any more."""


class GpioSink:
    """Switches an output pin on for some seconds at each match. Use it in a `QueuedSink`.

    The pin is off at the start, at the end, and, by gpiozero, when the program ends with an error. A match while the pin is on
    begins the seconds again.

    Args:
        pin: BCM number such as ``17``, or a name that gpiozero knows such as ``BOARD11``.
        seconds: how long the pin stays on.
        active_low: whether the pin is low when on, as for many relay boards.
        people: names that switch it; empty for everybody in the gallery.
        factory: pin factory of gpiozero; default: the machine's.
        clock: monotonic clock in nanoseconds.

    Raises:
        DataError: there is no such pin.
        RuntimeMissingError: gpiozero has no access to pins on this machine.
    """

    def __init__(
        self,
        pin: str,
        *,
        seconds: float = 3.0,
        active_low: bool = False,
        people: Collection[str] = (),
        factory: Any = None,
        clock: Clock = time.monotonic_ns,
    ) -> None:
        import gpiozero

        self._seconds, self._people, self._clock = seconds, frozenset(people), clock
        number: int | str = int(pin) if pin.isdecimal() else pin
        try:
            self._device = gpiozero.DigitalOutputDevice(number, active_high=not active_low, pin_factory=factory)
        except (gpiozero.BadPinFactory, ImportError, OSError) as error:
            raise RuntimeMissingError(
                "the pins of this machine cannot be used: on a Raspberry Pi install python3-lgpio, and permit the user's group gpio"
            ) from error
        except gpiozero.GPIOZeroError as error:
            raise DataError(
                f"the pin: expected a pin such as 17 or BOARD11, found '{pin}' ({error})", found=pin
            ) from error

    def emit(self, event: Event) -> None:
        """Switch the pin on for a match that is new."""
        body = event.to_json()
        named = body["decision"] == "match" and (not self._people or body["identity"] in self._people)
        if named and self._clock() - event.monotonic_ns <= LATEST_NS:
            self._device.blink(on_time=self._seconds, off_time=0, n=1, background=True)

    def close(self) -> None:
        """Switch the pin off and release it."""
        self._device.close()
