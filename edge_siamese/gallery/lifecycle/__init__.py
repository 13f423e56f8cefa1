"""Life cycle of galleries: erasure with a proof, export for a person, merging, splitting and migration."""
