"""``edge-siamese bench latency``: every stage alone, interleaved, on a rendered portrait."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .measured import length_options, open_engine, run_length, timing_options, timing_run

if TYPE_CHECKING:
    from edge_siamese.tflite.runtime import Delegate

    from ..timing.measuring import Measurement
    from .measured import TimingRun

_COLD_STARTS = {"quick": 2, "full": 10}


@click.command()
@length_options
@click.option("--cold", type=click.IntRange(0, 100), help="Cold starts; 10, with --quick 2, with --repeat none.")
@timing_options
def latency(
    embedder: Path | None,
    detector: Path | None,
    delegate: "Delegate",
    threads: int,
    kernels: str | None,
    quick: bool,
    repeat: int | None,
    warmup: int | None,
    max_seconds: float | None,
    cold: int | None,
    templates: int,
    raw: Path | None,
    as_json: bool,
) -> None:
    """Measure the latency of each stage from the camera to the decision, on a rendered portrait.

    All stages are measured in turns, so that each sees the same machine. At least 1,024 runs of each and 60 s, unless
    --quick or --repeat says otherwise.
    """
    from ..timing.latency import IMAGE_SIZE, latency_actions, sample_portrait
    from ..timing.measuring import measure

    length, mode = run_length(quick, repeat, warmup, max_seconds)
    with open_engine(embedder, detector, delegate, threads, kernels) as engine:
        about = "one rendered face on {} x {} pixels, {} templates".format(*IMAGE_SIZE, templates)
        actions = latency_actions(engine, sample_portrait(), templates)
        with timing_run("latency", engine, mode=mode, warmup=length.warmup, about=about, raw=raw) as run:
            with run.monitor:
                measurement = measure(actions, length, recorder=run.journal)
            count = _COLD_STARTS.get(mode, 0) if cold is None else cold
            if count and not measurement.partial:
                measurement = _with_cold_starts(run, measurement, (embedder, detector), kernels, count)
            run.present(measurement, {}, as_json=as_json)


def _with_cold_starts(
    run: "TimingRun",
    measurement: "Measurement",
    files: tuple[Path | None, Path | None],
    kernels: str | None,
    count: int,
) -> "Measurement":
    """The measurement with the samples of cold starts; an interrupt keeps what was measured before them."""
    from edge_siamese.models import default_model

    from ..timing.cold_start import cold_starts
    from ..timing.measuring import INTERRUPTED, Measurement

    embedder, detector = files[0] or default_model("embedder"), files[1] or default_model("detector")
    settings = [str(embedder), str(detector), run.engine.delegate, str(run.engine.threads), kernels or ""]
    try:
        starts = cold_starts(settings, count)
    except KeyboardInterrupt:
        return Measurement(measurement.samples, f"{INTERRUPTED} during the cold starts")
    if run.journal:
        for samples in starts.values():
            run.journal.add(samples)
    return Measurement(measurement.samples | starts)
