"""What a board is: flash regions, gallery slots, and what a firmware needs to know."""

from dataclasses import dataclass

from ..codegen.layouts import Backend
from ..frames import BYTES_A_PIXEL, FrameFormat


@dataclass(frozen=True)
class Region:
    """A flash region: start address, size in bytes, and size of an erase page in bytes."""

    address: int
    size: int
    erase: int

    @property
    def end(self) -> int:
        return self.address + self.size


@dataclass(frozen=True)
class Slot(Region):
    """A gallery slot: a part of a flash region with the name ``a`` or ``b``."""

    name: str


@dataclass(frozen=True)
class FirmwareProfile:
    """What a firmware needs to know of a board; addresses, and sizes in bytes.

    Attributes:
        code, code_size: flash of the program.
        ram, ram_size: memory.
        stack: of the memory, at its beginning.
        backend: kernels of the networks.
        flags: for the compiler.
        width, height, frame_format: frames of the camera, in pixels.
        ram_budget: memory of the networks; None for what they need without stripes.
        vectors: address of the vector table.
        machine: of QEMU; None if it has no such board.
        writable: whether the slots are memory in QEMU.
        detector, embedder: names of the shipped models that fit the board.
        uf2: family of its UF2 files; None if it takes none.
        boot: the boot ROM whose marks the image has, ``rp2040`` or ``rp2350``; None if it needs none.
        target: the system that runs the firmware as a program, such as ``aarch64-linux-musl``, or ``host`` for this machine; None for a
            microcontroller.
        flashers: programs that write its flash, each with its target behind a colon.
    """

    code: int
    code_size: int
    ram: int
    ram_size: int
    stack: int
    backend: Backend
    flags: tuple[str, ...]
    width: int
    height: int
    frame_format: FrameFormat
    vectors: int
    ram_budget: int | None = None
    machine: str | None = None
    writable: bool = False
    detector: str = "detector-small"
    embedder: str = "embedder-small"
    uf2: int | None = None
    boot: str | None = None
    target: str | None = None
    flashers: tuple[str, ...] = ()

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame."""
        return self.width * self.height * BYTES_A_PIXEL[self.frame_format]

    @property
    def vectors_apart(self) -> bool:
        """Whether the vector table lies outside of the code."""
        return not self.code <= self.vectors < self.code + self.code_size


@dataclass(frozen=True)
class Board:
    """A board's flash and the two slots for galleries in it.

    Attributes:
        name: name for ``--board``.
        title: descriptive name.
        aliases: other names.
        cpu: CPU name as used by compilers.
        flash: flash regions.
        slots: the slots A and B.
        firmware: what a firmware needs; None for a board that only has galleries.
    """

    name: str
    title: str
    aliases: tuple[str, ...]
    cpu: str
    flash: tuple[Region, ...]
    slots: tuple[Slot, Slot]
    firmware: FirmwareProfile | None = None

    def slot(self, name: str) -> Slot:
        """The slot ``a`` or ``b``."""
        return self.slots[("a", "b").index(name)]
