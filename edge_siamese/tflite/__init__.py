"""TFLite: find an interpreter, pick a delegate, read a model's own card."""
