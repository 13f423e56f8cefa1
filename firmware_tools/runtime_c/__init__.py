"""The C runtime of a firmware: hand-written C99 sources in ``c/``, and the constants that they share with Python."""
