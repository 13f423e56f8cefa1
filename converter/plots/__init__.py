"""Plots of embeddings, error rates and training; shared drawing code is in `edge_siamese.reports.canvas`."""
