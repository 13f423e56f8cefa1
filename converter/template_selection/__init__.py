"""Which photos stand for each person, why, and what accuracy the bytes they take buy."""
