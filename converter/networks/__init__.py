"""Keras networks: MobileNetV3 embedder, face detector and the published networks of `registry`."""
