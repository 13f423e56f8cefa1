"""Select the templates of each person and report the status of every photo with the reason."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from edge_siamese.gallery import Gallery
from edge_siamese.gallery.templates.agreement import Agreement
from edge_siamese.gallery.templates.representatives import Candidates, Strategy
from edge_siamese.gallery.templates.selection import Choice, SelectionOptions, select
from edge_siamese.matching import Q15, scores_q15

from .photos import Photos
from .tsne import tsne_medoids

TSNE_MEDOID = "tsne-medoid"


@dataclass(frozen=True)
class PhotoStatus:
    """Status of one photo.

    Attributes:
        photo: path of the photo.
        status: ``averaged``, ``chosen``, ``represented`` or ``rejected``.
        why: reason as text.
        suspect: True for an outlier that was kept because outliers are not rejected.
    """

    photo: str
    status: str
    why: str
    suspect: bool = False

    def to_json(self) -> dict[str, Any]:
        return {"photo": self.photo, "status": self.status, "why": self.why, "suspect": self.suspect}


@dataclass(frozen=True)
class Account:
    """Status of the photos of one person.

    Attributes:
        name: name of the person.
        coverage: mean best score, -1 to 1, of the photos that are not rejected with the chosen ones or their mean.
        photos: chosen photos in order of selection, or averaged photos by score, then the others.
    """

    name: str
    coverage: float
    photos: tuple[PhotoStatus, ...]

    def to_json(self) -> dict[str, Any]:
        statuses = [photo.to_json() for photo in self.photos]
        return {"name": self.name, "coverage": round(self.coverage, 5), "photos": statuses}


def choose(photos: Photos, empty: Gallery, options: SelectionOptions, *, tsne: bool = False) -> dict[str, Choice]:
    """Select the templates of all people; see `edge_siamese.gallery.templates.selection.select`.

    Args:
        photos: candidates.
        empty: empty gallery for the templates.
        options: selection options; with `tsne` only budget and outlier rejection are used.
        tsne: select the medoid of a t-SNE projection.

    Raises:
        DataError: the budget is too small, or there are too few photos for t-SNE.
        RuntimeMissingError: t-SNE needs scikit-learn, which is not installed.
    """
    people = photos.templates()
    if not tsne:
        return select(empty, people, options)
    choices = select(empty, people, replace(options, strategy=Strategy.MEDOID))
    return tsne_medoids(people, choices, empty.zero_point)


def account(photos: Photos, name: str, choice: Choice) -> Account:
    """Return the status of each photo of a person."""
    indices = photos.people[name]
    candidates = Candidates.of(photos.embeddings[indices], photos.card.zero_point)
    agreement = Agreement.of(candidates)
    if choice.averaged:
        return _account_of_mean(photos, name, choice, agreement)
    kept = [row for row in range(len(indices)) if row not in choice.rejected]
    best = candidates.scores[np.ix_(kept, choice.chosen)]
    statuses = [
        PhotoStatus(
            photos.paths[indices[row]], "chosen", _why_chosen(best[:, : place + 1], agreement.means()[row]), suspect
        )
        for place, row in enumerate(choice.chosen)
        for suspect in (row in agreement.outliers,)
    ]
    for row in range(len(indices)):
        path = photos.paths[indices[row]]
        if row in choice.rejected:
            statuses.append(PhotoStatus(path, "rejected", agreement.reason(row)))
        elif row not in choice.chosen:
            nearest = choice.chosen[int(candidates.scores[row, choice.chosen].argmax())]
            score = candidates.scores[row, nearest] / Q15
            why = f"{photos.paths[indices[nearest]]} stands for it, score {score:.3f}"
            statuses.append(PhotoStatus(path, "represented", why, row in agreement.outliers))
    return Account(name, _coverage(best), tuple(statuses))


def _account_of_mean(photos: Photos, name: str, choice: Choice, agreement: Agreement) -> Account:
    indices, zero_point = photos.people[name], photos.card.zero_point
    templates = photos.embeddings[indices]
    scores = scores_q15(templates, choice.templates(templates, zero_point), zero_point)[:, 0]
    averaged = sorted(choice.averaged, key=lambda row: (-int(scores[row]), row))
    statuses = [
        PhotoStatus(
            photos.paths[indices[row]],
            "averaged",
            f"score {scores[row] / Q15:.3f} with the mean",
            row in agreement.outliers,
        )
        for row in averaged
    ]
    statuses += [PhotoStatus(photos.paths[indices[row]], "rejected", agreement.reason(row)) for row in choice.rejected]
    return Account(name, float(scores[averaged].mean() / Q15), tuple(statuses))


def _why_chosen(best: Any, mean: float) -> str:
    """Explain a choice; `best` has the Q15 scores of all photos with those chosen so far, this one last."""
    if len(best) == 1:
        return "the only one"
    if best.shape[1] == 1:
        return f"the most typical, mean score {mean:.3f} with the others"
    return f"raises the coverage from {_coverage(best[:, :-1]):.3f} to {_coverage(best):.3f}"


def _coverage(scores: Any) -> float:
    """Compute the mean best score, -1 to 1, of Q15 scores ``(n, chosen)``."""
    return float(scores.max(axis=1).mean() / Q15)
