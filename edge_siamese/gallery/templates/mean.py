"""One template that is the mean direction of several.

Photos of one person err in different directions, and their mean errs less: it names more other photos of a
person rightly than all of them apart do, in a fraction of the bytes (docs/representatives.md).
"""

import numpy as np
import numpy.typing as npt

_ONE = 1 << 24  # unit vectors are summed as integers, so that the mean is the same on every machine


def mean_template(templates: npt.NDArray[np.int8], zero_point: int) -> npt.NDArray[np.int8]:
    """The mean direction of int8 ``(n, D)`` templates as int8 ``(D,)`` of the same zero point, as long as int8 allows.

    Every template counts the same, whatever its length; a zero vector does not count. Where the directions cancel out, or
    there is only one, it is the first template.
    """
    vectors = templates.astype(np.float64) - zero_point
    lengths = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
    total = np.rint(vectors * _ONE / np.maximum(lengths, 1.0)).astype(np.int64).sum(axis=0)
    room = ((127 - zero_point, int(total.max())), (128 + zero_point, int(-total.min())))  # above, below the zero point
    limits = [(levels, extent) for levels, extent in room if extent > 0]
    if len(templates) == 1 or not limits:
        return np.asarray(templates[0], np.int8)
    levels, extent = min(limits, key=lambda limit: limit[0] / limit[1])
    # Rounded half away from zero, in integers.
    scaled = np.sign(total) * ((2 * np.abs(total) * levels + extent) // (2 * extent))
    return np.asarray(np.clip(scaled + zero_point, -128, 127), np.int8)
