"""The command line ``edge-siamese``."""
