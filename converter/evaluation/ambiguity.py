"""Measure the score margin needed between two names that both reach the threshold (`decision.MIN_MARGIN_Q15`).

``python -m edge_siamese_converter.evaluation.ambiguity FACES`` prints it for the validation people of a teacher folder.
Every photo is a probe. A case is a photo of the same person and a photo of another person that both reach the
threshold, as if they were the templates of two names. A case is an error if the other person scores higher. For each
photo a second capture is simulated (small changes of alignment, noise, brightness and JPEG); the noise of the margin
is the change of the margin between the captures.
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
    """Score margins of the cases in which two names reach the threshold.

    Attributes:
        margins: float ``(C,)``: score of the correct name minus score of the other; negative for errors.
        noise: standard deviation of the change of a margin when the probe is captured again.
    """

    margins: npt.NDArray[np.float64]
    noise: float

    @classmethod
    def measure(cls, scores: Scores, again: Scores, labels: npt.NDArray[np.generic], threshold: float) -> "Ambiguity":
        """Collect the cases.

        Args:
            scores: ``(N, N)`` of all photos against all photos, -1 to 1.
            again: ``(N, N)``, the same with the photo of each row captured again.
            labels: ``(N,)`` person on each photo.
            threshold: score from which a name matches, -1 to 1.
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
        """Share of all cases that get the wrong name, 0 to 1."""
        return float(np.mean(self.margins <= -max(min_margin, 1 / Q15)))

    def undecided_at(self, min_margin: float) -> float:
        """Share of the cases with the correct name on top whose margin is too small to decide, 0 to 1."""
        return float(np.mean(self.margins[self.margins > 0] < min_margin))


def captured_again(crop: npt.NDArray[np.uint8], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Simulate a second capture of an aligned crop: uint8 ``(112, 112, 3)``.

    Standard deviations of the changes: rotation 1 degree, size 1 %, position 0.7 pixels, brightness 4 gray levels, pixel
    noise 3 gray levels. JPEG quality is 85.
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
