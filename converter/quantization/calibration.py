"""Pictures to measure activation ranges on: how many it takes, and which."""

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError

CALIBRATION_PICTURES = 200
LEAST_PICTURES = 20


def require_calibration(pictures: npt.NDArray[np.uint8]) -> None:
    """Refuse what is too little to measure ranges on.

    Raises:
        DataError: fewer than 20 pictures.
    """
    if len(pictures) < LEAST_PICTURES:
        raise DataError(
            f"calibration needs at least {LEAST_PICTURES} pictures, better {CALIBRATION_PICTURES}; found {len(pictures)}"
        )


def spread(pictures: npt.NDArray[np.uint8], count: int = CALIBRATION_PICTURES) -> npt.NDArray[np.uint8]:
    """At most `count` pictures ``(N, H, W, C)``, evenly spread over all."""
    chosen = np.unique(np.linspace(0, len(pictures) - 1, count).astype(int))
    return np.asarray(pictures[chosen])


def with_whole_input_range(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """A copy that shows pixels 0 and 255, so that the input's measured range is exactly the pixels'."""
    pictures = pictures.copy()
    pictures[0, 0, 0], pictures[0, 0, 1] = 0, 255
    return pictures
