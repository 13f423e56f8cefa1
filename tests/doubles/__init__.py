"""Doubles of the protocols in `edge_siamese.protocols`, for tests of what is built on them.

==================  ==========================================================================
`analyzer`          finds and embeds faces that a test shows it, without networks
`network`           answers with fixed outputs
`source`            delivers listed frames and camera events
`clock`             ticks at every look
==================  ==========================================================================
"""

from .analyzer import AnalyzerDouble, PatternAnalyzer, ScriptedAnalyzer, embedder_card, pattern_image
from .clock import TickingClock
from .network import FixedNetwork
from .source import ListedSource

__all__ = [
    "AnalyzerDouble",
    "FixedNetwork",
    "ListedSource",
    "PatternAnalyzer",
    "ScriptedAnalyzer",
    "TickingClock",
    "embedder_card",
    "pattern_image",
]
