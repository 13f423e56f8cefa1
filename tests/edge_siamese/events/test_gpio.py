"""The GPIO sink on gpiozero's mock pins."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("gpiozero", reason="the extra gpio is not installed")
import gpiozero
from gpiozero.pins.mock import MockFactory

from edge_siamese.errors import DataError, RuntimeMissingError
from edge_siamese.events import Event
from edge_siamese.events.gpio import GpioSink

from .conftest import eventually


@pytest.fixture
def factory() -> Iterator[Any]:
    made = MockFactory()
    yield made
    made.close()


def match(event: Callable[..., Event], identity: str = "Anna", at: int = 0) -> Event:
    return event(number=at, decision="match", identity=identity)


def test_a_match_switches_the_pin_on_and_it_goes_off_again(factory: Any, event: Callable[..., Event]) -> None:
    sink = GpioSink("17", seconds=0.2, factory=factory, clock=lambda: 0)
    pin = factory.pin(17)
    assert pin.state == 0
    sink.emit(match(event))
    eventually(lambda: pin.state == 1)
    eventually(lambda: pin.state == 0)
    sink.close()


def test_strangers_undecided_and_other_people_switch_nothing(factory: Any, event: Callable[..., Event]) -> None:
    sink = GpioSink("17", seconds=5, people=["Anna"], factory=factory, clock=lambda: 0)
    for each in (event(decision="unknown"), event(decision="undecided"), event("started"), match(event, "Ben")):
        sink.emit(each)
    time.sleep(0.05)
    assert factory.pin(17).state == 0
    sink.emit(match(event))
    eventually(lambda: factory.pin(17).state == 1)
    sink.close()


def test_an_event_that_waited_too_long_switches_nothing(factory: Any, event: Callable[..., Event]) -> None:
    sink = GpioSink("17", seconds=5, factory=factory, clock=lambda: 3_000_000_000)
    sink.emit(match(event, at=999_999_999))
    time.sleep(0.05)
    assert factory.pin(17).state == 0
    sink.close()


def test_the_end_switches_the_pin_off(factory: Any, event: Callable[..., Event]) -> None:
    sink = GpioSink("17", seconds=60, factory=factory, clock=lambda: 0)
    sink.emit(match(event))
    eventually(lambda: factory.pin(17).state == 1)
    sink.close()
    assert factory.pin(17).function == "input", "released"


def test_a_relay_board_that_is_active_low_is_high_when_off(factory: Any, event: Callable[..., Event]) -> None:
    sink = GpioSink("17", seconds=60, active_low=True, factory=factory, clock=lambda: 0)
    assert factory.pin(17).state == 1
    sink.emit(match(event))
    eventually(lambda: factory.pin(17).state == 0)
    sink.close()


@pytest.mark.parametrize("pin", ["99", "BOARD99", "door"])
def test_a_pin_that_is_not_there_is_one_sentence(factory: Any, pin: str) -> None:
    with pytest.raises(DataError, match=f"expected a pin such as 17 or BOARD11, found '{pin}'"):
        GpioSink(pin, factory=factory)


@pytest.mark.parametrize("library", ["rpigpio", ""])
@pytest.mark.filterwarnings("ignore::gpiozero.PinFactoryFallback")
def test_a_machine_without_pins_is_one_sentence(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    if Path("/dev/gpiochip0").exists():
        pytest.skip("this machine has pins")
    monkeypatch.setattr(gpiozero.Device, "pin_factory", None)
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", library)
    with pytest.raises(RuntimeMissingError, match="the pins of this machine cannot be used"):
        GpioSink("17")
