"""Demo: training, enrollment, verification and timing on rendered faces or the user's photos."""
