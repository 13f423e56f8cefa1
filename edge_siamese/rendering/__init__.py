"""Synthetic face renderer: images of artificial people with exact boxes and landmarks.

>>> from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait
>>> rendering = render_portrait(Person.from_seed(DEMO_SEEDS[0]), View(yaw=20.0, smile=0.7))
>>> rendering.image.shape, rendering.landmarks.shape
((240, 320, 3), (1, 5, 2))
"""

from .backgrounds import render_background
from .clips import Clip
from .people import DEMO_SEEDS, GOLDEN_SEEDS, TRAINING_SEEDS, Person
from .scenes import Placement, Rendering, render_crop, render_portrait, render_scene
from .views import View

__all__ = [
    "DEMO_SEEDS",
    "GOLDEN_SEEDS",
    "TRAINING_SEEDS",
    "Clip",
    "Person",
    "Placement",
    "Rendering",
    "View",
    "render_background",
    "render_crop",
    "render_portrait",
    "render_scene",
]
