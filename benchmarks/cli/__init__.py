"""``edge-siamese bench``."""

import click

from edge_siamese.cli.shared.lazy import Entry, LazyGroup

COMMANDS = {
    "latency": Entry(f"{__name__}.timing:latency", "Time each step from a photo to a score, one by one."),
    "pipeline": Entry(f"{__name__}.timing:pipeline", "Time the loop of `run` on a folder, video or camera."),
    "accuracy": Entry(f"{__name__}.accuracy:accuracy", "Identify people through the loop of `run` (open set)."),
    "models": Entry(f"{__name__}.models:models", "Bytes, operations, latency and accuracy of models, side by side."),
    "detection": Entry(f"{__name__}.detection:detection", "Judge the detector: recall, false boxes, sizes, landmarks."),
    "quality": Entry(f"{__name__}.quality:quality", "Judge the quality score: error versus reject."),
}


@click.group(cls=LazyGroup, entries=COMMANDS)
def bench() -> None:
    """Measure latency, the loop and the detector on this board."""
