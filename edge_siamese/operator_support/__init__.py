"""Which operators XNNPACK, the Edge TPU or a microcontroller supports in int8: tables, conditions and alternatives."""

from .targets import TARGETS, Compiled, Target, is_quantized, load_target, swaps, unsupported_operators

__all__ = ["TARGETS", "Compiled", "Target", "is_quantized", "load_target", "swaps", "unsupported_operators"]
