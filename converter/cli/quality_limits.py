"""``edge-siamese quality-limits``: measure how recognition fails with small and blurred faces."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.options import engine_options, json_option
from edge_siamese.cli.shared.output import emit_json, table
from edge_siamese.cli.shared.progress import progress_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..tasks.quality.limits import DegradedProbes, GateMeasurement

TARGET_FMR = 1e-3


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@json_option
@engine_options
def quality_limits(data: Path, as_json: bool, **engine_settings: Any) -> None:
    """Measure misses against size and blur on the validation people of DATA, a teacher folder.

    The limits of the quality gate, quality.gate.QualityLimits, are set from the table. To be repeated whenever the
    detector or the embedder changes.
    """
    import numpy as np

    from edge_siamese.engine import FaceEngine
    from edge_siamese.operating_point import choose_operating_point

    from ..data.teacher import load_teacher_faces
    from ..tasks.quality.limits import measure_limits
    from ..tasks.quality.samples import source_sides

    faces = load_teacher_faces(data, 256, validation_only=True)
    people = np.unique(faces.identities, return_inverse=True)[1].astype(np.int64)
    with FaceEngine.open(**engine_settings) as engine, progress_line("measuring") as progress:
        point = choose_operating_point(engine.embedder_card.operating_points, TARGET_FMR)
        result = measure_limits(faces.crops, people, source_sides(data), engine, point.threshold_q15, progress)
        digests = engine.digests
    if as_json:
        emit_json("quality-limits", result.to_json() | {"operating_point": point.to_json()}, models=digests)
    else:
        click.echo(_for_people(result))


def _for_people(result: "GateMeasurement") -> str:
    return "\n\n".join(
        [
            _table("side, pixels", "side measured", result.by_side, 0),
            _table("blur, sigma in the crop", "sharpness measured", result.by_blur, 1),
            _table("sharpness from", "median", result.by_sharpness, 2),
        ]
    )


def _table(level: str, measured: str, rows: "Sequence[DegradedProbes]", digits: int) -> str:
    header = (level, measured, "probes", "no face", "missed", "false matches")
    return table(
        [
            (
                f"{row.level:.{digits}f}",
                f"{row.measured[1]:.2f}",
                str(row.probes),
                str(row.no_face),
                f"{row.missed:.1%}",
                f"{row.false_matches:.3%}",
            )
            for row in rows
        ],
        header=header,
        align=">",
    )
