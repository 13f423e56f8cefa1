"""Verification protocols: the choice of the face on each photo and of the compared pairs.

*All pairs*: the largest face; every two photos of a dataset, genuine if of one person. *LFW pairs*: the face nearest
the center; the pairs and folds of a ``pairs.txt`` (Huang et al., "Labeled Faces in the Wild", 2007).
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Self

from ..dataset_embeddings import Choose, DatasetEmbeddings, center_face, largest_face
from ..identity_dataset import IdentityDataset
from .comparisons import ScoreMatrix, compare_all, compare_listed, index_listed, require_comparable
from .pairs import IndexPairs, ScoredPairs
from .pairs_file import parse_pairs_file


@dataclass(frozen=True, eq=False)
class VerificationProtocol:
    """A protocol, defined by the pairs of a ``pairs.txt``, or None for all pairs."""

    pairs: IndexPairs | None = None

    @classmethod
    def of(cls, dataset: IdentityDataset, all_pairs: bool = False) -> Self:
        """The protocol of a dataset: its ``pairs.txt`` if present and `all_pairs` is false, otherwise all pairs.

        Raises:
            DataError: the pairs are malformed, do not match the dataset, are too many, or are of one kind only.
        """
        text = None if all_pairs else dataset.pairs_file()
        if text is None:
            require_comparable(Counter(photo.person for photo in dataset.photos).values())
            return cls()
        return cls(index_listed(parse_pairs_file(text), dataset.photos, dataset.duplicates))

    @property
    def choose(self) -> Choose:
        return largest_face if self.pairs is None else center_face

    def compare(self, embedded: DatasetEmbeddings, score: ScoreMatrix | None = None) -> ScoredPairs:
        """The protocol's comparisons of an embedded dataset; see `comparisons.compare_all`.

        Raises:
            DataError: there are no genuine or no impostor pairs.
        """
        if self.pairs is None:
            return compare_all(embedded, score)
        return compare_listed(embedded, self.pairs, score)

    def describe(self, embedded: DatasetEmbeddings) -> dict[str, Any]:
        """Protocol and photos for the JSON report. On LFW a face counts as found if a box contains the image's center."""
        listed = self.pairs is not None
        return {
            "protocol": "lfw-pairs" if listed else "all-pairs",
            "people": len(embedded.names),
            "photos": len(embedded.photos),
            "face_choice": "nearest the center" if listed else "largest",
            "faces_not_found": int((~(embedded.centered if listed else embedded.found)).sum()),
        }
