"""Check which operators XNNPACK, the Edge TPU or a microcontroller supports in int8, before training."""
