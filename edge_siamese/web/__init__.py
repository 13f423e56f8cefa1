"""Web server and API of ``edge-siamese preview``."""
