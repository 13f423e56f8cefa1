"""A network without arithmetic."""

import numpy as np
import numpy.typing as npt


class FixedNetwork:
    """A `Network` that answers every input with the same outputs, all -100; `runs` counts the inputs.

    Args:
        shapes: of the outputs, by name.
    """

    delegate = "reference"

    def __init__(self, **shapes: tuple[int, ...]) -> None:
        self.outputs = {name: np.full(shape, -100, np.int8) for name, shape in shapes.items()}
        self.runs = 0

    def run(self, image: npt.NDArray[np.int8]) -> dict[str, npt.NDArray[np.int8]]:
        self.runs += 1
        return self.outputs

    def output_scales(self) -> dict[str, tuple[float, int]]:
        return dict.fromkeys(self.outputs, (0.1, 0))
