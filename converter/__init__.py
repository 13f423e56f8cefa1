"""Workstation package of edge-siamese: train siamese networks, quantize them to int8 and measure the loss of accuracy."""

import os

# TensorFlow reads this on import. A value that the user has set is kept.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
