"""Galleries of enrolled people: the ``.esg`` file, enrollment, templates, calibration and identification."""

from .gallery import Gallery as Gallery
