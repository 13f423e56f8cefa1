"""Instructions that networks and whole programs execute on the Arm cores of small boards, counted without a board."""

from .counting import CountingRun
from .counts import Count
from .rig import Rig

__all__ = ["Count", "CountingRun", "Rig"]
