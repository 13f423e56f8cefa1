"""The people a board knows, in one file: the ``.esg`` container, how it is made, read and changed."""

from .gallery import Gallery as Gallery
