"""``edge-siamese bench detection``: evaluation of the detector."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from edge_siamese.cli.shared.numbers import RATE
from edge_siamese.cli.shared.options import engine_options, json_option
from edge_siamese.cli.shared.output import emit_json
from edge_siamese.cli.shared.progress import progress_line

_FRAME_SIDES = range(32, 4097)


def _frame_size(_: click.Context, parameter: click.Parameter, value: str) -> tuple[int, int]:
    sides = value.split("x")
    if len(sides) != 2 or not all(side.isdecimal() and int(side) in _FRAME_SIDES for side in sides):
        minimum, maximum = _FRAME_SIDES[0], _FRAME_SIDES[-1]
        raise click.BadParameter(
            f"expected WIDTHxHEIGHT of {minimum} to {maximum} pixels each, found {value!r}", param=parameter
        )
    return int(sides[0]), int(sides[1])


@click.command()
@click.argument("data", type=click.Path(path_type=Path), required=False)
@click.option("--split", default="dev", show_default=True, help="Images of DATA to measure on.")
@click.option("--sweep", "sweep_photos", type=click.Path(path_type=Path), help="Photos of people for a scale sweep.")
@click.option("--frame", callback=_frame_size, default="320x240", show_default=True, help="Frames of the sweep.")
@click.option("--verify", "verify_photos", type=click.Path(path_type=Path), help="Photos of people to verify.")
@click.option("--yaw", "yaw_photos", type=click.Path(path_type=Path), help="Photos of people for errors by yaw.")
@click.option("--peer", "peers", multiple=True, metavar="yunet=FILE", help="Also measure this detector.")
@click.option("--threshold", "thresholds", type=RATE, multiple=True, help="Minimum score of our detector; repeatable.")
@click.option(
    "--peer-threshold", "peer_thresholds", type=RATE, multiple=True, default=(0.5,), show_default=True,
    help="Minimum score of the peers; repeatable.",
)  # fmt: skip
@json_option
@engine_options
def detection(
    data: Path | None,
    split: str,
    sweep_photos: Path | None,
    frame: tuple[int, int],
    verify_photos: Path | None,
    yaw_photos: Path | None,
    peers: tuple[str, ...],
    thresholds: tuple[float, ...],
    peer_thresholds: tuple[float, ...],
    as_json: bool,
    **engine_settings: Any,
) -> None:
    """Evaluate the detector on DATA: annotated images, a folder, zip or tar of images/ and annotations.json.

    --sweep scales the faces of photos (<person>/<photo>) to every size in frames of one size; --verify verifies people with
    the landmarks of each detector; --yaw measures faces and landmarks by how far the face is turned, against the last
    detector. All three use the first threshold of each detector.
    """
    if not (data or sweep_photos or verify_photos or yaw_photos):
        raise click.UsageError("nothing to measure on: expected DATA, --sweep, --verify or --yaw")
    from edge_siamese.engine import FaceEngine
    from edge_siamese.evaluation.annotations import AnnotatedSet
    from edge_siamese.identity_dataset import IdentityDataset

    from ..accuracy.detection import OwnDetector, measure_annotated
    from ..accuracy.landmarks import compare_landmarks
    from ..accuracy.pose_errors import measure_pose_errors
    from ..accuracy.scale_sweep import sweep
    from ..peers.detectors import open_peer

    results: dict[str, Any] = {}
    with ExitStack() as stack:
        annotated = stack.enter_context(AnnotatedSet(data)) if data else None
        swept, verified, turned = (
            stack.enter_context(IdentityDataset(photos)) if photos else None
            for photos in (sweep_photos, verify_photos, yaw_photos)
        )
        engine = stack.enter_context(FaceEngine.open(**engine_settings))
        ours = [OwnDetector(engine, threshold) for threshold in thresholds or (None,)]
        theirs = [[open_peer(peer, threshold) for threshold in peer_thresholds] for peer in peers]
        first = [ours[0], *(peer[0] for peer in theirs)]
        if annotated:
            everyone = [*ours, *(detector for peer in theirs for detector in peer)]
            with progress_line("annotated images") as progress:
                results["annotated"] = measure_annotated(annotated, split, everyone, progress)
        if swept:
            with progress_line("scale sweep") as progress:
                results["sweep"] = sweep(swept, first[-1], first, frame, progress)
        if verified:
            with progress_line("verification") as progress:
                results["verification"] = compare_landmarks(verified, engine, first, progress)
        if turned:
            with progress_line("errors by yaw") as progress:
                results["yaw"] = measure_pose_errors(turned, first[-1], first, progress)
        digests, delegate = engine.digests, engine.delegate
    if as_json:
        body = {"delegate": delegate} | {name: result.to_json() for name, result in results.items()}
        emit_json("bench-detection", body, models=digests)
    else:
        click.echo("\n\n".join(result.text() for result in results.values()))
