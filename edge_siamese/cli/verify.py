"""``edge-siamese verify``: compares the faces on two photos (1:1)."""

import sys
from pathlib import Path
from typing import Any

import click

from .shared.galleries import note
from .shared.options import engine_options, json_option, target_fmr_option
from .shared.output import emit_json


@click.command()
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@target_fmr_option
@click.option("--exit-status", is_flag=True, help="Exit 3 unless the faces match.")
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

    images = [read_image(path) for path in (first, second)]
    with FaceEngine.open(**engine_settings) as engine:
        point = choose_operating_point(engine.embedder_card.operating_points, target_fmr)
        if not point.is_strict_enough(target_fmr):
            note(
                f"a false match rate of {target_fmr:g} was asked for; the strictest that the model has evidence for is "
                f"{point.target_fmr:g}, and that one is used"
            )
        probes = [ProbeFace.on(engine, image, str(path)) for image, path in zip(images, (first, second), strict=True)]
        digests, delegate = engine.digests, engine.delegate
    comparison = ComparisonResult.of(probes[0], probes[1], point)
    for probe in probes:
        for remark in probe.remarks():
            note(f"{probe.name}: {remark}")
    if as_json:
        faces = [
            {"path": probe.name, "box": probe.embedded.face.box.tolist(), "turn": probe.embedded.turn}
            for probe in probes
        ]
        asked = {"target_fmr": target_fmr, "sufficient": point.is_strict_enough(target_fmr)}
        emit_json("verify", comparison.to_json() | asked | {"faces": faces, "delegate": delegate}, models=digests)
    else:
        click.echo(comparison.sentence)
    if exit_status and not comparison.is_match:
        sys.exit(3)
