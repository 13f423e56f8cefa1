"""Galleries of a given size: what their templates hold does not change how long a comparison takes."""

from typing import TYPE_CHECKING

import numpy as np

from edge_siamese.gallery import Gallery

if TYPE_CHECKING:
    from edge_siamese.tflite.card import ModelCard

TEMPLATES_EACH = 5


def random_gallery(card: "ModelCard", templates: int) -> Gallery:
    """A gallery for an embedder with `templates` random templates, five to a person; the same every time."""
    values = np.random.default_rng(0).integers(-128, 128, (templates, card.dimension), np.int8)
    starts = range(0, templates, TEMPLATES_EACH)
    people = {f"person {start:07}": values[start : start + TEMPLATES_EACH] for start in starts}
    return Gallery.empty(card).with_people(people, limit=TEMPLATES_EACH)
