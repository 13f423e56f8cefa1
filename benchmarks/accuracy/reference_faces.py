"""Photos of a dataset with the largest face that a reference detector finds."""

from collections.abc import Callable, Iterator

from edge_siamese.errors import DataError, ImageError
from edge_siamese.faces import Face, largest
from edge_siamese.frames import RGB
from edge_siamese.identity_dataset import IdentityDataset

from ..peers.detectors import Detector

Progress = Callable[[int, int], None]


class ReferenceFaces:
    """Iterates over path, image and reference face of each photo that has one.

    Args:
        dataset: photos of people.
        reference: detector whose largest face of a photo is the true one.
        progress: called with the number of photos done and the total.

    Attributes:
        used: paths of the photos so far.
        left_out: path and reason of each photo without a face or that cannot be read.
    """

    def __init__(self, dataset: IdentityDataset, reference: Detector, progress: Progress | None = None) -> None:
        self._dataset, self._reference, self._progress = dataset, reference, progress
        self.used: list[str] = []
        self.left_out: dict[str, str] = {}

    def __iter__(self) -> Iterator[tuple[str, RGB, Face]]:
        """Yield the photos in dataset order.

        Raises:
            DataError: the reference detector found no face in any photo.
        """
        photos = self._dataset.photos
        for done, photo in enumerate(photos, start=1):
            try:
                image = self._dataset.read(photo)
            except ImageError as error:
                self.left_out[photo.path] = str(error)
            else:
                face = largest(self._reference.detect(image))
                if face is None:
                    self.left_out[photo.path] = f"{self._reference.name} finds no face"
                else:
                    self.used.append(photo.path)
                    yield photo.path, image, face
            if self._progress:
                self._progress(done, len(photos))
        if not self.used:
            raise DataError(
                f"{self._dataset.path}: expected photos in which {self._reference.name} finds a face, found none"
            )
