"""Operators that leave XNNPACK, the Edge TPU or a microcontroller, named before anything is trained."""
