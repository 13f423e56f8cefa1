"""Evaluation of verification and detection: protocols, metrics and confidence intervals."""
