"""``edge-siamese bench thermal``: latency over minutes, with temperature, clock and throttling beside."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge_siamese.cli.shared.numbers import FiniteRange

from .measured import open_engine, timing_options, timing_run

if TYPE_CHECKING:
    from edge_siamese.tflite.runtime import Delegate


@click.command()
@click.option("--minutes", type=FiniteRange(0.05, 1440), default=10.0, show_default=True, help="Duration of the run.")
@timing_options
def thermal(
    embedder: Path | None,
    detector: Path | None,
    delegate: "Delegate",
    threads: int,
    kernels: str | None,
    minutes: float,
    templates: int,
    raw: Path | None,
    as_json: bool,
) -> None:
    """Run from the camera to the decision without pause for minutes, and watch what heat does to the latency.

    `bench report` plots the latency over time and over the temperature. A fanless board needs 10 minutes or more to reach its
    steady temperature.
    """
    from ..timing.latency import CAMERA_TO_DECISION, IMAGE_SIZE, latency_actions, sample_portrait
    from ..timing.thermal import drift, sustain, timeline

    with open_engine(embedder, detector, delegate, threads, kernels) as engine:
        action = latency_actions(engine, sample_portrait(), templates)[CAMERA_TO_DECISION]
        about = "one rendered face on {} x {} pixels, {} templates".format(*IMAGE_SIZE, templates)
        mode = f"{minutes:g} minutes without pause"
        with timing_run("thermal", engine, mode=mode, warmup=0, about=about, raw=raw) as run:
            with run.monitor:
                measurement = sustain(CAMERA_TO_DECISION, action, 60 * minutes, recorder=run.journal)
            rows = timeline(measurement.samples[CAMERA_TO_DECISION], run.monitor.states)
            metrics = {"drift": round(drift(rows), 4), "timeline": rows} if rows else {}
            run.present(measurement, metrics, as_json=as_json)
