"""A serial port as the line of a board."""

import os
from types import TracebackType
from typing import Self

from edge_siamese.errors import EdgeSiameseError, RuntimeMissingError
from edge_siamese.installation import install_command

BAUD = 115200
_WAIT = 2.0


class SerialLine:
    """An open serial port.

    Args:
        port: its device, such as ``/dev/ttyACM0``.
        baud: bits per second.
        wait: seconds until `receive` gives up.

    Raises:
        RuntimeMissingError: pyserial is not installed.
        EdgeSiameseError: the port cannot be opened.
    """

    def __init__(self, port: str, baud: int = BAUD, wait: float = _WAIT) -> None:
        try:
            import serial
        except ImportError as error:
            raise RuntimeMissingError(
                "serial ports need pyserial, which is not installed: " + install_command("edge-siamese[firmware]")
            ) from error
        self._name, self._failure = port, (serial.SerialException, OSError)
        try:
            self._port = serial.Serial(port, baud, timeout=wait, write_timeout=wait, exclusive=True)
        except (serial.SerialException, OSError, ValueError) as error:
            raise EdgeSiameseError(f"{port}: cannot be opened as a serial port ({_reason(error)})") from error

    def send(self, data: bytes) -> None:
        """Send bytes.

        Raises:
            EdgeSiameseError: the port is gone.
        """
        try:
            self._port.write(data)
            self._port.flush()
        except self._failure as error:
            raise EdgeSiameseError(f"{self._name}: the serial port failed ({_reason(error)})") from error

    def receive(self) -> bytes:
        """The bytes that arrived; empty when none came in time.

        Raises:
            EdgeSiameseError: the port is gone.
        """
        try:
            first = self._port.read(1)
            return bytes(first + self._port.read(self._port.in_waiting)) if first else b""
        except self._failure as error:
            raise EdgeSiameseError(f"{self._name}: the serial port failed ({_reason(error)})") from error

    def close(self) -> None:
        """Close the port."""
        self._port.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


def _reason(error: BaseException) -> str:
    number = getattr(error, "errno", None)
    return os.strerror(number) if number else str(error)
