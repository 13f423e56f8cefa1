"""What boot ROMs check: the CRC of an RP2040's first 256 bytes of flash."""

from edge_siamese.errors import DataError

from ..boards import FirmwareProfile
from .elf import Elf

_SIZE = 256
_POLYNOMIAL = 0x04C11DB7


def with_boot_crc(elf: bytes, profile: FirmwareProfile) -> bytes:
    """An ELF file whose second-stage boot loader has its CRC; for other boards as it is.

    Raises:
        DataError: there is no boot loader where the boot ROM looks for it.
    """
    if profile.boot != "rp2040":
        return elf
    segment = next((each for each in Elf(elf).segments() if each.address == profile.code), None)
    if segment is None or len(segment.data) < _SIZE:
        raise DataError(f"the firmware has no boot loader of {_SIZE} bytes at {profile.code:#x}")
    crc = boot_crc(segment.data[: _SIZE - 4]).to_bytes(4, "little")
    at = segment.offset + _SIZE - 4
    return elf[:at] + crc + elf[at + 4 :]


def boot_crc(data: bytes) -> int:
    """The CRC-32 that the boot ROM computes: the highest bit first, and not inverted (RP2040 datasheet, 2.8.1.3.1)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (_POLYNOMIAL if crc >> 31 else 0)) & 0xFFFFFFFF
    return crc
