"""The demo: the whole chain on rendered people, or on photographs of one's own."""
