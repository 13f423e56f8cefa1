"""Images to measure activation ranges on: how many it takes, and which."""

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError

CALIBRATION_IMAGES = 200
MIN_IMAGES = 20


def require_calibration(images: npt.NDArray[np.uint8]) -> None:
    """Refuse what is too little to measure ranges on.

    Raises:
        DataError: fewer than 20 images.
    """
    if len(images) < MIN_IMAGES:
        raise DataError(
            f"calibration needs at least {MIN_IMAGES} images, better {CALIBRATION_IMAGES}; found {len(images)}"
        )


def spread(images: npt.NDArray[np.uint8], count: int = CALIBRATION_IMAGES) -> npt.NDArray[np.uint8]:
    """At most `count` images ``(N, H, W, C)``, evenly spread over all."""
    chosen = np.unique(np.linspace(0, len(images) - 1, count).astype(int))
    return np.asarray(images[chosen])


def with_whole_input_range(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """A copy that shows pixels 0 and 255, so that the input's measured range is exactly the pixels'."""
    images = images.copy()
    images[0, 0, 0], images[0, 0, 1] = 0, 255
    return images
