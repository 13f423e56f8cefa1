"""Instructions that networks execute on the Arm cores of small boards, counted or predicted without a board.

>>> from edge_siamese_benchmarks.arm import CORES, predict  # doctest: +SKIP
>>> [prediction.instructions for prediction in predict("network.tflite", [CORES["a72"]])]  # doctest: +SKIP
"""

from .cores import CORES, ArmCore, parse_cores
from .cost import CostModel, Prediction, predict
from .counting import CountingRun
from .counts import Count
from .rig import Rig

__all__ = ["CORES", "ArmCore", "CostModel", "Count", "CountingRun", "Prediction", "Rig", "parse_cores", "predict"]
