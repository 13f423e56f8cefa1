"""How far two names that both reach the threshold have to be apart: the measurement behind `decision.MIN_MARGIN_Q15`.

``python -m edge_siamese_converter.evaluation.ambiguity FACES`` prints it for the validation people of a teacher folder.
Every photo is a probe; each pair of a photo of the same person and a photo of another person that both reach the
threshold is a case, as if these two photos were the templates of two names. A case goes wrong when the other person
scores higher. Every photo is captured again as well (aligned a little differently, with noise, brightness and JPEG), and
what the margin of a case changes by is its noise.
"""

from dataclasses import dataclass
from pathlib import Path

import click
import cv2
import numpy as np
import numpy.typing as npt

from edge_siamese.engine import FaceEngine
from edge_siamese.matching import Q15, scores_q15
from edge_siamese.operating_point import choose_operating_point

from ..data.teacher import load_teacher_faces

_FMRS = (1e-2, 1e-3, 1e-4)
_MARGINS = (0.0, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.10)
Scores = npt.NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Ambiguity:
    """Cases of two names that both reach the threshold.

    Attributes:
        margins: float ``(C,)``: score of the right name minus that of the other; negative when the other is higher.
        noise: standard deviation of what a margin changes by when the probe is captured again.
    """

    margins: npt.NDArray[np.float64]
    noise: float

    @classmethod
    def measure(cls, scores: Scores, again: Scores, labels: npt.NDArray[np.generic], threshold: float) -> "Ambiguity":
        """Collect the cases.

        Args:
            scores: ``(N, N)`` of photos against photos, -1 to 1.
            again: the same with every row's photo captured again.
            labels: ``(N,)`` the person on each photo.
            threshold: -1 to 1.
        """
        margins, changes = [np.empty(0)], [np.empty(0)]
        for row, person in enumerate(labels):
            reached = scores[row] >= threshold
            reached[row] = False
            right, other = np.flatnonzero(reached & (labels == person)), np.flatnonzero(reached & (labels != person))
            margins.append(np.subtract.outer(scores[row, right], scores[row, other]).reshape(-1))
            changes.append(np.subtract.outer(again[row, right], again[row, other]).reshape(-1) - margins[-1])
        return cls(np.concatenate(margins), float(np.std(np.concatenate(changes))))

    def wrong_at(self, min_margin: float) -> float:
        """Share of all cases that are named wrongly."""
        return float(np.mean(self.margins <= -max(min_margin, 1 / Q15)))

    def undecided_at(self, min_margin: float) -> float:
        """Share of the cases whose right name is the higher one that are undecided all the same."""
        return float(np.mean(self.margins[self.margins > 0] < min_margin))


def captured_again(crop: npt.NDArray[np.uint8], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """An aligned crop as the next frame might show it: uint8 ``(112, 112, 3)``.

    Alignment differs by a degree, one percent of size and 0.7 pixels (standard deviations), the brightness by 4 gray levels
    and every pixel by 3; JPEG of quality 85.
    """
    center = (crop.shape[1] - 1) / 2, (crop.shape[0] - 1) / 2
    matrix = cv2.getRotationMatrix2D(center, rng.normal(0.0, 1.0), float(np.exp(rng.normal(0.0, 0.01))))
    matrix[:, 2] += rng.normal(0.0, 0.7, 2)
    moved = cv2.warpAffine(crop, matrix, crop.shape[1::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    noisy = np.clip(moved + rng.normal(0.0, 3.0, moved.shape) + rng.normal(0.0, 4.0), 0, 255).astype(np.uint8)
    _, encoded = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED), np.uint8)


@click.command()
@click.argument("faces", type=click.Path(path_type=Path))
def main(faces: Path) -> None:
    """Measure the margins of the shipped embedder on the validation people of the teacher folder FACES."""
    people = load_teacher_faces(faces, 256, validation_only=True)
    crops, labels, rng = people.crops, np.array(people.identities), np.random.default_rng(0)
    with FaceEngine.default() as engine:
        card = engine.embedder_card
        first = np.stack([embedding.values for embedding in engine.embed_batch(crops)])
        again = np.stack([engine.embed_crop(captured_again(crop, rng)).values for crop in crops])
    scores, changed = (scores_q15(probes, first, card.zero_point) / Q15 for probes in (first, again))
    for fmr in _FMRS:
        point = choose_operating_point(card.operating_points, fmr)
        found = Ambiguity.measure(scores, changed, labels, point.threshold)
        click.echo(
            f"FMR {point.target_fmr:g}, threshold {point.threshold:.3f}: {len(found.margins):,} cases, "
            f"noise of a margin {found.noise:.4f}"
        )
        click.echo("margin  named wrongly  right but undecided")
        for margin in _MARGINS:
            click.echo(f"{margin:6.2f}  {found.wrong_at(margin):13.2%}  {found.undecided_at(margin):19.1%}")


if __name__ == "__main__":
    main()
