"""Memory of the device loop: resident memory by step and by library, growth over frames, models, imports."""
