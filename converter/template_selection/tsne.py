"""Select the medoid of each person in a t-SNE projection, for comparison.

t-SNE (van der Maaten and Hinton, "Visualizing data using t-SNE", JMLR 2008) preserves neighborhoods but not distances,
so the medoid of the embeddings is better founded; ``docs/representatives.md`` compares the two.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from edge_siamese.gallery.templates.representatives import Templates
from edge_siamese.gallery.templates.selection import Choice

from ..plots.projections import tsne


def tsne_medoids(people: Mapping[str, Templates], choices: Mapping[str, Choice], zero_point: int) -> dict[str, Choice]:
    """Replace the chosen templates of each person by the medoid of the projection; outliers stay rejected.

    Args:
        people: int8 ``(n, D)`` templates by name; all are projected together.
        choices: choices with the rejected outliers.
        zero_point: zero point of the templates.

    Raises:
        RuntimeMissingError: scikit-learn is not installed.
        DataError: there are fewer than five templates.
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
