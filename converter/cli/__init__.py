"""Command line of the converter."""
