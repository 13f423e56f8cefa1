"""The text of ``/proc/cpuinfo`` by which a program recognizes a core."""

from edge_siamese.arm_cost import ArmCore

_CPUINFO_ENTRY = """\
processor\t: {index}
BogoMIPS\t: 108.00
Features\t: {features}
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x{variant:x}
CPU part\t: 0x{part:03x}
CPU revision\t: {revision}

"""


def cpuinfo(core: ArmCore, count: int = 4) -> str:
    """Text of ``/proc/cpuinfo`` on a board with `count` such cores."""
    return "".join(
        _CPUINFO_ENTRY.format(
            index=index, features=core.features, variant=core.variant, part=core.part, revision=core.revision
        )
        for index in range(count)
    )
