"""Evaluation of embeddings: verification, closed-set and open-set identification, one-shot classification.

All functions take a `scoring.Score`, a function from image indices to a score matrix, so distances and learned heads
are evaluated in the same way. Plots are in `plots`, the HTML report in `reports`.
"""
