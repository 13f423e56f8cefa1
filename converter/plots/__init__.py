"""Images of how embeddings behave; see `canvas` for what they have in common."""
