"""Keras networks: the MobileNetV3 twin and the face detector."""
