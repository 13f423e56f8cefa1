"""A page in the browser on which photographs are compared: ``edge-siamese preview``."""
