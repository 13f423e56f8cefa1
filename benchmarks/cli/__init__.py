"""``edge-siamese bench``."""

import click

from edge_siamese.cli.shared.lazy import Entry, LazyGroup

COMMANDS = {
    "latency": Entry(f"{__name__}.latency:latency", "Measure the latency of each stage from camera to decision."),
    "pipeline": Entry(f"{__name__}.pipeline:pipeline", "Measure `run` on a folder, video or camera."),
    "thermal": Entry(f"{__name__}.thermal:thermal", "Measure the latency over minutes, with temperature and clock."),
    "check": Entry(f"{__name__}.check:check", "Fail if a stage is slower than this host's reference, beyond noise."),
    "report": Entry(f"{__name__}.report:report", "Show results as Markdown or as an HTML page with plots."),
    "accuracy": Entry(f"{__name__}.accuracy:accuracy", "Measure accuracy and latency of a delegate in the same runs."),
    "models": Entry(f"{__name__}.models:models", "Compare size, operations, latency and accuracy of models."),
    "compare": Entry(
        f"{__name__}.compare:compare", "Compare with other projects: latency, accuracy, bytes, instructions."
    ),
    "delegates": Entry(
        f"{__name__}.delegates:delegates", "Run networks with every delegate: speed, agreement, operators."
    ),
    "memory": Entry(f"{__name__}.memory:memory", "Measure the memory of the device loop, and what imports cost."),
    "gallery": Entry(
        f"{__name__}.gallery:gallery", "Measure the search of a large gallery beside FAISS, and its size."
    ),
    "templates": Entry(f"{__name__}.templates:templates", "Compare renewable, 4-bit and binary templates."),
    "calibration": Entry(
        f"{__name__}.calibration:calibration", "Check the promised false match rate on people not used for it."
    ),
    "arm": Entry(f"{__name__}.arm:arm", "Count instructions on Pi-class Arm cores, without a board."),
    "arm-fit": Entry(f"{__name__}.arm_fit:arm_fit", "Fit the cost model of `bench arm --predict` again."),
    "detection": Entry(
        f"{__name__}.detection:detection", "Evaluate the detector: recall, false boxes, sizes, landmarks."
    ),
    "conditions": Entry(
        f"{__name__}.conditions:conditions", "Measure false matches of strangers in masks, glasses or infrared light."
    ),
    "transactions": Entry(
        f"{__name__}.transactions:transactions", "Measure visits: who is named, after how long, at which cost."
    ),
    "quality": Entry(f"{__name__}.quality:quality", "Evaluate the quality score: error versus reject."),
}


@click.group(cls=LazyGroup, entries=COMMANDS)
def bench() -> None:
    """Measure latency, the loop and the detector on this board."""
