"""Emulated Cortex-M boards: what a network computes there, and how many instructions it takes."""

from .cores import CORES, Core, find_core
from .qemu import Emulation, emulate, missing_tools

__all__ = ["CORES", "Core", "Emulation", "emulate", "find_core", "missing_tools"]
