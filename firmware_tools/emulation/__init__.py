"""Emulated Cortex-M boards: what a network computes there, and how many instructions it takes."""

from .cores import CORES, EmulatedCore, find_core
from .qemu import Emulation, emulate, missing_tools

__all__ = ["CORES", "EmulatedCore", "Emulation", "emulate", "find_core", "missing_tools"]
