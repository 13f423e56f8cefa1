"""Random galleries of a given size for timing; the values of templates do not affect the duration."""

from typing import TYPE_CHECKING

import numpy as np

from edge_siamese.gallery import Gallery
from edge_siamese.matching import Q15
from edge_siamese.operating_point import OperatingPoint

if TYPE_CHECKING:
    from edge_siamese.tflite.model_card import ModelCard

TEMPLATES_EACH = 5
_NOT_MEASURED = OperatingPoint(
    target_fmr=1e-6,
    threshold_q15=Q15 // 2,
    fmr_upper_95=1.0,
    impostor_pairs=0,
    people=0,
    fnmr=1.0,
    dataset_digest="0" * 64,
)


def random_gallery(card: "ModelCard", templates: int) -> Gallery:
    """A gallery with `templates` random templates for an embedder, five per person; always the same.

    Its operating point only makes decisions possible; no error rate was measured.
    """
    values = np.random.default_rng(0).integers(-128, 128, (templates, card.dimension), np.int8)
    starts = range(0, templates, TEMPLATES_EACH)
    people = {f"person {start:07}": values[start : start + TEMPLATES_EACH] for start in starts}
    return Gallery.empty(card).with_people(people, limit=TEMPLATES_EACH).with_operating_point(_NOT_MEASURED)
