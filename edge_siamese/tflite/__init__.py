"""TFLite models: runtime and delegates, model card, self-test, and read-only graph."""
