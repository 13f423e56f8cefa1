"""Selection of templates for each person, with reasons, and accuracy against gallery size."""
