"""The medoid of the t-SNE plane, for comparison: the photo with the smallest sum of distances to its person's others.

t-SNE (van der Maaten and Hinton, "Visualizing data using t-SNE", JMLR 2008) keeps neighborhoods and not distances, so
the medoid of the embeddings themselves is the better founded choice; ``docs/representatives.md`` compares the two.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from edge_siamese.gallery.templates.representatives import Templates
from edge_siamese.gallery.templates.selection import Choice

from ..plots.projections import tsne


def tsne_medoids(people: Mapping[str, Templates], choices: Mapping[str, Choice], zero_point: int) -> dict[str, Choice]:
    """Put the medoid of the plane in place of everybody's chosen templates; outliers stay rejected.

    Args:
        people: int8 ``(n, D)`` templates by name; all of them share the plane.
        choices: what was rejected.
        zero_point: of the templates.

    Raises:
        RuntimeMissingError: scikit-learn is not installed.
        DataError: fewer than five templates.
    """
    plane = tsne(np.concatenate(list(people.values())).astype(np.float32) - zero_point)
    starts = np.cumsum([0, *(len(templates) for templates in people.values())])
    medoids = {}
    for start, (name, templates) in zip(starts, people.items(), strict=False):
        places = plane[start : start + len(templates)].astype(np.float64)
        kept = np.setdiff1d(np.arange(len(templates)), choices[name].rejected)
        distances = np.linalg.norm(places[kept, None] - places[kept], axis=2).sum(axis=1)
        medoids[name] = replace(choices[name], chosen=(int(kept[distances.argmin()]),))
    return medoids
