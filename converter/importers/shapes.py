"""Where the height, the width and the channels of an image tensor are."""

from collections.abc import Sequence

from edge_siamese.errors import DataError

_COLORS = {1, 3}


def image_shape(
    what: str, shape: Sequence[int | None], input_size: int | None = None
) -> tuple[tuple[int, int, int], bool]:
    """Height, width and channels of an input tensor, and whether its channels come first.

    Args:
        what: the file, for the message.
        shape: of rank 4; None or a negative number where a side is open.
        input_size: for open sides.

    Raises:
        DataError: it is not one image of 1 or 3 channels, or its size is open and not given.
    """
    sides = [side if side is not None and side > 0 else None for side in shape]
    first = len(sides) == 4 and sides[1] in _COLORS and sides[3] not in _COLORS
    last = len(sides) == 4 and sides[3] in _COLORS
    if not (first or last) or sides[0] not in {None, 1}:
        raise DataError(
            f"{what}: expected one image of 1 or 3 channels as input, (1, H, W, C) or (1, C, H, W), found {tuple(shape)}"
        )
    channels = sides[1] if first else sides[3]
    height, width = sides[2:] if first else sides[1:3]
    if (height is None or width is None) and input_size is None:
        raise DataError(f"{what}: leaves the size of its input open; give it with --input-size")
    return (height or input_size or 0, width or input_size or 0, channels or 0), first


def require_vector(what: str, shape: Sequence[int | None]) -> None:
    """Refuse an output that is not one vector.

    Raises:
        DataError: it has another shape than ``(1, D)`` or ``(1, 1, 1, D)``.
    """
    if len(shape) < 2 or any(side not in {1, None, -1} for side in shape[:-1]) or (shape[-1] or 0) < 2:
        raise DataError(f"{what}: expected one embedding (1, D) as output, found shape {tuple(shape)}")
