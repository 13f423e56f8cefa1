"""Firmware tools: galleries as images for a board's flash."""
