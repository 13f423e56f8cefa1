"""``edge-siamese verify``: 1:1 on two photos."""

import sys
from pathlib import Path
from typing import Any

import click

from ..operating_point import DEFAULT_TARGET_FMR
from .shared.galleries import note
from .shared.options import engine_options, json_option
from .shared.output import emit_json


@click.command()
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@click.option(
    "--target-fmr", type=float, default=DEFAULT_TARGET_FMR, show_default=True, help="Accepted false match rate."
)
@click.option("--exit-status", is_flag=True, help="Exit 3 when the faces differ.")
@json_option
@engine_options
def verify(
    first: Path, second: Path, target_fmr: float, exit_status: bool, as_json: bool, **engine_settings: Any
) -> None:
    """Compare the largest faces of two photos."""
    from ..engine import FaceEngine
    from ..image_io import read_image
    from ..operating_point import choose_operating_point
    from ..recognition import ComparisonResult, ProbeFace

    with FaceEngine.open(**engine_settings) as engine:
        point = choose_operating_point(engine.embedder_card.operating_points, target_fmr)
        probes = [ProbeFace.on(engine, read_image(path), str(path)) for path in (first, second)]
        digests, delegate = engine.digests, engine.delegate
    comparison = ComparisonResult.of(probes[0], probes[1], point)
    for probe in probes:
        for remark in probe.remarks():
            note(f"{probe.name}: {remark}")
    if as_json:
        faces = [{"path": probe.name, "box": probe.look.face.box.tolist()} for probe in probes]
        emit_json("verify", comparison.to_json() | {"faces": faces, "delegate": delegate}, models=digests)
    else:
        click.echo(comparison.sentence)
    if exit_status and not comparison.is_match:
        sys.exit(3)
