"""Liveness: a challenge by head pose, and measured cues of flat presentations.

It raises the effort of an attack with a photo. It does not stop videos that are played in reply, masks, or bent photos
(docs/limits.md). It is off unless it is asked for.
"""
