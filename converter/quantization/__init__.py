"""Quantization of networks to int8 TFLite and other formats, and measurement of the accuracy loss."""
