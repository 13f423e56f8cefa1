"""The demo: the whole chain on rendered people, or on photos of one's own."""
