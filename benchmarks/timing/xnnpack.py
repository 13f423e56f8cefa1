"""XNNPACK's kernels: which ones it chose for int8 convolutions on this processor, and how to make it choose older ones.

The kernels decide the latency of a network: on one and the same x86 core those with VNNI are several times as fast as those
with AVX2. XNNPACK does not say which it uses, so its tables are read in the memory of this process. This works if the
runtime's library contains its symbol table, as that of ai-edge-litert does.
"""

import ctypes
import importlib
import platform
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Literal

from edge_siamese.errors import RuntimeMissingError

from .symbols import LoadedLibrary

KernelLimit = Literal["avx2", "avx512"]
KERNEL_LIMITS: dict[str, int] = {
    # Bits of `xnn_arch_flags` that stay set: XNNPACK's src/xnnpack/hardware-config.h sorts them from slow to fast.
    "avx2": 0xFF,
    "avx512": 0xFFF,
}
_TABLES = {"convolution": "qs8_qc8w_gemm_config", "depthwise": "qs8_qc8w_dwconv_config"}
_HARDWARE, _INITIALIZE = "hardware_config", "xnn_init_hardware_config"
_FLAGS_AT = 8
_KERNEL = re.compile(r"^xnn_qs8_qc8w_(?:gemm|dwconv)_minmax_\w*?ukernel_(\w+?)__(\w+)$")
_BASELINE = 0xFF


@dataclass(frozen=True)
class Kernels:
    """The kernels that XNNPACK chose for int8 networks with one scale per channel.

    Attributes:
        convolution: of standard and 1x1 convolutions: tile and instruction set, such as ``7x16c8 avx512vnni``.
        depthwise: of depthwise 3x3 convolutions.
        limit: what the choice was limited to; empty if XNNPACK chose freely.
    """

    convolution: str
    depthwise: str
    limit: str = ""

    @property
    def family(self) -> str:
        """Instruction set of the convolutions, such as ``avx512vnni``, ``avx2`` or ``neondot``."""
        return self.convolution.split()[-1].removeprefix("asm_aarch64_").split("_")[0]

    def text(self) -> str:
        limited = f" (limited to {self.limit})" if self.limit else ""
        return f"XNNPACK int8 kernels: {self.convolution}, depthwise {self.depthwise}{limited}"


_limits: list[str] = []


def chosen_kernels() -> Kernels | None:
    """The kernels that XNNPACK has chosen in this process; None before it ran an int8 network, or if it cannot be read."""
    library = _library()
    if library is None:
        return None
    names = {address: name for name, (address, _) in library.symbols.items() if "_ukernel_" in name}
    chosen = {}
    for kind, table in _TABLES.items():
        address, size = library.symbols.get(table, (0, 0))
        if not address:
            return None
        words = (ctypes.c_uint64 * (size // 8)).from_address(address)
        found = [match for word in words if (match := _KERNEL.match(names.get(word, "")))]
        if not found:
            return None
        # The largest tile does most of the work of a convolution; a depthwise 3x3 kernel has nine taps.
        nine = [match for match in found if match[1].startswith("9p")]
        match = (nine or sorted(found, key=lambda match: int(re.findall(r"\d+", match[1])[0])))[-1]
        chosen[kind] = f"{match[1]} {match[2].removesuffix('_prfm')}"
    return Kernels(chosen["convolution"], chosen["depthwise"], _limits[-1] if _limits else "")


def limit_kernels(limit: KernelLimit) -> None:
    """Let XNNPACK in this process use only kernels for processors without VNNI; call it before a network is loaded.

    Args:
        limit: ``"avx2"``, or ``"avx512"``, which has the wide registers but not their dot products.

    Raises:
        RuntimeMissingError: the runtime's library cannot be limited, or has already chosen its kernels.
    """
    library = _library()
    if platform.machine() != "x86_64" or library is None:
        raise RuntimeMissingError(
            f"kernels {limit}: expected the XNNPACK of ai-edge-litert on x86-64 with its symbol table"
        )
    if chosen_kernels() is not None:
        raise RuntimeMissingError(f"kernels {limit}: expected no network that already ran in this process")
    initialize = ctypes.CFUNCTYPE(ctypes.c_void_p)(library.symbols[_INITIALIZE][0])
    hardware, size = library.symbols[_HARDWARE]
    if initialize() != hardware or size < _FLAGS_AT + 8:
        raise RuntimeMissingError(
            f"kernels {limit}: the processor's description in {library.path.name} is of another form"
        )
    flags = ctypes.c_uint64.from_address(hardware + _FLAGS_AT)
    if flags.value & _BASELINE != _BASELINE or flags.value >> 32:
        raise RuntimeMissingError(
            f"kernels {limit}: this processor has no AVX2, or {library.path.name} describes it otherwise"
        )
    flags.value &= KERNEL_LIMITS[limit]
    _limits.append(limit)


def check_limit() -> None:
    """Check that the kernels which were chosen obey the limit.

    Raises:
        RuntimeMissingError: they do not, so the limit had no effect.
    """
    kernels = chosen_kernels()
    if kernels is None or "vnni" in kernels.convolution or (_limits[-1] == "avx2" and "512" in kernels.convolution):
        found = kernels.convolution if kernels else "none that can be read"
        raise RuntimeMissingError(f"kernels {_limits[-1]}: the limit had no effect, XNNPACK chose {found}")


@cache
def _library() -> LoadedLibrary | None:
    with suppress(ImportError):
        importlib.import_module("ai_edge_litert.interpreter")  # loads its library, and no network
    return LoadedLibrary.with_symbol(_TABLES["convolution"], of="litert|tflite")
