"""A page in the browser on which photos are compared: ``edge-siamese preview``."""
