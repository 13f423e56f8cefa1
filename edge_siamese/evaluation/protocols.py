"""Verification protocols: which face of a photo counts, and which photos are compared.

*All pairs*: the largest face; every two photos of a dataset, genuine when of one person. *LFW pairs*: the face nearest
the center; the pairs and folds of a ``pairs.txt`` (Huang et al., "Labeled Faces in the Wild", 2007).
"""

from dataclasses import dataclass
from typing import Any, Self

from ..dataset_embeddings import Choose, DatasetEmbeddings, center_face, largest_face
from ..identity_dataset import IdentityDataset
from .comparisons import Comparisons, ScoreMatrix, compare_all, compare_listed, parse_pairs


@dataclass(frozen=True)
class VerificationProtocol:
    """A protocol by the text of its ``pairs.txt``, None for all pairs."""

    pairs_text: str | None

    @classmethod
    def of(cls, dataset: IdentityDataset, all_pairs: bool = False) -> Self:
        """That of a dataset: by its ``pairs.txt`` where there is one, unless all pairs are wanted."""
        return cls(None if all_pairs else dataset.pairs_file())

    @property
    def choose(self) -> Choose:
        return largest_face if self.pairs_text is None else center_face

    def compare(self, embedded: DatasetEmbeddings, score: ScoreMatrix | None = None) -> Comparisons:
        """The protocol's comparisons of an embedded; see `comparisons.compare_all`.

        Raises:
            DataError: there are no genuine or no impostor pairs, or the pairs do not fit the dataset.
        """
        if self.pairs_text is None:
            return compare_all(embedded, score)
        return compare_listed(embedded, parse_pairs(self.pairs_text, embedded), score)

    def describe(self, embedded: DatasetEmbeddings) -> dict[str, Any]:
        """Protocol and photos, for the JSON document. On LFW a face is found when a box contains the center."""
        listed = self.pairs_text is not None
        return {
            "protocol": "lfw-pairs" if listed else "all-pairs",
            "people": len(embedded.names),
            "photos": len(embedded.photos),
            "face_choice": "nearest the center" if listed else "largest",
            "faces_not_found": int((~(embedded.centered if listed else embedded.found)).sum()),
        }
