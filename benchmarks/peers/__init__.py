"""Other projects' face recognition, for comparison on the same images.

`detectors` are those of `bench detection`. For `bench compare` every project has an adapter (`adapters`), which runs in a
process of its own (`worker`, `process`); `registry` names the projects, their packages and model files.
"""
