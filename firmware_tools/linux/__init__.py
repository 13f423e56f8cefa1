"""Installation of a firmware that is a Linux program: its script and its service."""
