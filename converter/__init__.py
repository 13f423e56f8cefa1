"""The workstation side of edge-siamese: train a twin network, quantize it to int8, prove what that cost."""

import os

# TensorFlow reads this when it is loaded; people who want its log lines set the variable themselves.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
