"""Predict the instructions that a network executes on the Arm cores of small boards, before it is trained.

>>> from edge_siamese.arm_cost import CORES, predict
>>> from edge_siamese.models import default_model
>>> [prediction] = predict(default_model("detector"), [CORES["a72"]])
>>> prediction.core, round(prediction.instructions / 1e6)
('a72', 46)
"""

from .cores import CORES, ArmCore, parse_cores
from .model import CostModel, Prediction, predict
from .operators import KernelOperator, as_int8, graph_operators, parse_operators, read_operators

__all__ = [
    "CORES",
    "ArmCore",
    "CostModel",
    "KernelOperator",
    "Prediction",
    "as_int8",
    "graph_operators",
    "parse_cores",
    "parse_operators",
    "predict",
    "read_operators",
]
