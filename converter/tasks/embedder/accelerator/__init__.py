"""Distillation in one compiled step, for a GPU or another accelerator that JAX supports.

`job` packs data, weights and settings into a folder that another machine can train from. ``python -m
edge_siamese_converter.tasks.embedder.accelerator JOB`` trains there and needs NumPy, OpenCV, Keras and JAX only. The crops
stay in device memory; `augmentation`, the teacher and the student run inside the compiled `step`, so every training image is
new and has a target of its own.
"""
