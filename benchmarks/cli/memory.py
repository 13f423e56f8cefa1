"""``edge-siamese bench memory``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.numbers import FiniteRange
from edge_siamese.cli.shared.options import engine_options, json_option
from edge_siamese.cli.shared.output import emit_json
from edge_siamese.errors import DataError, EdgeSiameseError

if TYPE_CHECKING:
    from ..memory.growth import Growth
    from ..memory.loop import LoopMemory, LoopSettings

_SIZE = (640, 480)


@click.command()
@click.option("--frames", type=click.IntRange(1, 100_000), default=600, show_default=True, help="Length of the loop.")
@click.option(
    "--templates", type=click.IntRange(1, 1_000_000), default=1000, show_default=True, help="Size of the gallery."
)
@click.option(
    "--image", type=click.Path(path_type=Path, dir_okay=False), help="The frame, instead of a rendered face of 640x480."
)
@click.option("--core", help="Emulate arm64 as this core instead: a53, a72 or a76. Needs the rig of `bench arm`.")
@click.option("--imports/--no-imports", default=True, show_default=True, help="Measure the time of imports too.")
@click.option(
    "--max-mb", type=FiniteRange(1), help="Exit with 1 if more memory is used at the peak, or if memory grows."
)
@json_option
@engine_options
def memory(
    frames: int,
    templates: int,
    image: Path | None,
    core: str | None,
    imports: bool,
    max_mb: float | None,
    as_json: bool,
    **engine_settings: Any,
) -> None:
    """Measure the memory of the device loop: by step and library, growth over frames, models, and imports.

    The loop runs in a process of its own on one image, as `run` does on a camera. Memory is what the kernel counts as
    resident; a camera's own buffers are not in it. With --core the aarch64 runtimes run under QEMU, a fortieth of the
    speed, and the peak is the largest of the checkpoints.
    """
    from ..memory.imports import measure_imports
    from ..memory.report import MemoryReport
    from ..memory.tensors import tensor_memory

    settings = _settings(frames, templates, image, engine_settings)
    measured, grown = _measure(settings, core)
    height, width = settings.image.shape[:2]
    report = MemoryReport(
        measured,
        grown,
        [tensor_memory(path) for path in (settings.embedder, settings.detector) if path],
        measure_imports() if imports and core is None else [],
        f"{frames} frames of {image.name if image else 'a rendered face'}, {width} x {height}, {templates} templates",
        settings.delegate,
        settings.threads,
    )
    if as_json:
        emit_json("bench-memory", report.to_json())
    else:
        click.echo(report.text())
    if max_mb is not None and measured.peak > max_mb * 1024 * 1024:
        raise EdgeSiameseError(f"memory: expected at most {max_mb:g} MB, found {measured.peak / 1024 / 1024:.1f} MB")
    if max_mb is not None and grown and not grown.is_steady:
        raise EdgeSiameseError(f"memory: grew by {grown.bytes / 1024:.0f} KB over {grown.frames} frames")


def _settings(frames: int, templates: int, image: Path | None, engine: dict[str, Any]) -> "LoopSettings":
    from edge_siamese.image_io import read_image
    from edge_siamese.models import default_model

    from ..arm.device import portrait
    from ..memory.loop import LoopSettings

    pixels = read_image(image) if image else portrait(*_SIZE)[0]
    every = max(1, min(20, frames // 8))
    embedder, detector = (engine[task] or default_model(task) for task in ("embedder", "detector"))
    delegate, threads = engine["delegate"], engine["threads"]
    return LoopSettings(pixels, frames, every, templates, embedder, detector, delegate, threads)


def _measure(settings: "LoopSettings", core: str | None) -> "tuple[LoopMemory, Growth | None]":
    from ..memory.growth import growth
    from ..memory.loop import measure_emulated, measure_here

    if core is None:
        measured = measure_here(settings)
    else:
        from edge_siamese.arm_cost import parse_cores

        from ..arm.rig import Rig

        cores = parse_cores(core)
        if len(cores) != 1:
            raise DataError(f"--core: expected one core, found {core}")
        measured = measure_emulated(settings, Rig.open(), cores[0])
    steady = measured.steady()
    try:
        return measured, growth([each.frames for each in steady], [each.memory.resident for each in steady])
    except DataError:
        return measured, None  # too few frames
