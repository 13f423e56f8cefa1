"""A firmware as a project of another build system: an ESP-IDF component, an Arduino library, a Zephyr module."""
