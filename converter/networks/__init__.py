"""Keras networks: the MobileNetV3 twin, the face detector, and the public embedding networks of `registry`."""
