"""The Arm cores whose instructions are predicted or counted, and how a program recognizes each of them."""

from dataclasses import dataclass

from ..errors import DataError

_ARMV8_0 = "fp asimd evtstrm crc32 cpuid"
_ARMV8_2 = (
    "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp"  # asimddp: dot
)


@dataclass(frozen=True)
class ArmCore:
    """One kind of core.

    The runtimes choose their kernels by the part number and the features in ``/proc/cpuinfo``, so these decide how
    many instructions a network takes.

    Attributes:
        name: what the command line and the tables call it.
        title: Arm's name for it, and boards that have it.
        qemu_cpu: value of QEMU's ``-cpu``.
        part, variant, revision: of the main ID register.
        features: words of the ``Features`` line.
        has_dot: whether it has the int8 dot product instructions.
    """

    name: str
    title: str
    qemu_cpu: str
    part: int
    variant: int
    revision: int
    features: str
    has_dot: bool


CORES = {
    core.name: core
    for core in (
        ArmCore("a53", "Cortex-A53 (Pi 3, Pi Zero 2)", "cortex-a53", 0xD03, 0, 4, _ARMV8_0, has_dot=False),
        ArmCore("a72", "Cortex-A72 (Pi 4)", "cortex-a72", 0xD08, 0, 3, _ARMV8_0, has_dot=False),
        ArmCore("a76", "Cortex-A76 (Pi 5)", "cortex-a76", 0xD0B, 4, 1, _ARMV8_2, has_dot=True),
    )
}


def parse_cores(text: str) -> list[ArmCore]:
    """Cores of a list such as ``"a72,a76"``, in that order and each once.

    Raises:
        DataError: a name is not that of a known core, or there is no name.
    """
    names = list(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in CORES]
    if unknown or not names:
        raise DataError(f"core: expected one or more of {', '.join(CORES)}, found {', '.join(unknown) or repr(text)}")
    return [CORES[name] for name in names]
