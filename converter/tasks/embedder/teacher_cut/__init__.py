"""A student that begins as its teacher, cut down.

The teacher's streams are written and read by linear maps, so they can be turned to their principal directions and cut;
of the channels inside a block those are kept that explain its output best; every 1x1 convolution is then fitted again on
what the student's own layers give it. `load_teacher` reads the teacher, `cut_teacher` makes the student,
`turn_channels` and `insert_batch_norm` prepare it for training, during which `SlopeAnnealing`
takes its PReLU to ReLU.
"""

from .batch_norm import insert_batch_norm
from .cut import CutReport, cut_teacher, table_of
from .onnx_teacher import load_teacher
from .orientation import turn_channels
from .slopes import SlopeAnnealing, copy_weights, without_slopes

__all__ = [
    "CutReport",
    "SlopeAnnealing",
    "copy_weights",
    "cut_teacher",
    "insert_batch_norm",
    "load_teacher",
    "table_of",
    "turn_channels",
    "without_slopes",
]
