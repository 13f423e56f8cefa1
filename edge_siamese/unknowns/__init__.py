"""Faces of strangers that `run` keeps if it is asked to: a folder that is bounded, expires, and can be reviewed."""
