"""Complete firmware for a board: networks, runtime and board code, compiled and linked to one image."""
