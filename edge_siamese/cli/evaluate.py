"""``edge-siamese evaluate``: the reference instrument."""

from pathlib import Path
from typing import Any

import click

from ..evaluation.operating_point import DEFAULT_TARGET_FMR
from .options import engine_options, json_option
from .output import emit_json, table
from .progress import progress_line


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--target-fmr", type=float, default=DEFAULT_TARGET_FMR, show_default=True, help="For the operating point."
)
@click.option("--all-pairs", is_flag=True, help="Compare all photographs even where there is a pairs.txt.")
@json_option
@engine_options
def evaluate(data: Path, target_fmr: float, all_pairs: bool, as_json: bool, **engine_settings: Any) -> None:
    """Measure verification on DATA: a folder or zip of <person>/<photo>, with or without an LFW pairs.txt.

    Photographs go end to end through detector, alignment and embedder. One without a face counts against the result.
    """
    from ..albums import Album
    from ..engine import FaceEngine
    from ..evaluation.protocols import parse_pairs, verify_all_pairs, verify_lfw_pairs
    from ..evaluation.survey import centre_face, largest_face, survey_album

    album = Album(data)
    pairs_text = None if all_pairs else album.pairs_file()
    with FaceEngine.open(**engine_settings) as engine, progress_line("embedding") as progress:
        survey = survey_album(album, engine, centre_face if pairs_text else largest_face, progress)
        digests, delegate = engine.digests, engine.delegate
    for path, reason in survey.unreadable.items():
        click.echo(f"edge-siamese: {path}: counted as a photograph without a face: {reason}", err=True)
    if pairs_text:
        result = verify_lfw_pairs(survey, parse_pairs(pairs_text, survey), target_fmr)
    else:
        result = verify_all_pairs(survey, target_fmr)
    located = survey.centred if pairs_text else survey.found
    report = {
        "protocol": result.protocol,
        "people": len(set(survey.people)),
        "photographs": len(survey.photos),
        "face_choice": "nearest the centre" if pairs_text else "largest",
        "faces_not_found": int((~located).sum()),
        "genuine_pairs": result.genuine_pairs,
        "impostor_pairs": result.impostor_pairs,
        "accuracy": result.accuracy,
        "accuracy_sd": result.accuracy_sd,
        "threshold": result.threshold,
        "fmr": result.error_rates[0],
        "fnmr": result.error_rates[1],
        "eer": result.curve.eer,
        "auc": result.curve.auc,
        "tar_at_fmr": {f"{fmr:.5f}".rstrip("0"): tar for fmr, tar in result.tar_at_fmr.items()},
        "operating_point": result.operating_point.to_json() if result.operating_point else None,
        "operating_point_refused": result.refusal,
        "delegate": delegate,
    }
    if as_json:
        emit_json("evaluate", report, models=digests)
    else:
        click.echo(_for_people(report))


def _for_people(report: dict[str, Any]) -> str:
    from ..matching import Q15

    spread = f" +- {report['accuracy_sd']:.2%}" if report["accuracy_sd"] is not None else ""
    rows = [
        ("protocol", f"{report['protocol']}, face {report['face_choice']}"),
        ("photographs", f"{report['photographs']:,} of {report['people']:,} people"),
        ("faces not found", f"{report['faces_not_found']:,} ({report['faces_not_found'] / report['photographs']:.2%})"),
        ("pairs", f"{report['genuine_pairs']:,} genuine, {report['impostor_pairs']:,} impostor"),
        ("accuracy", f"{report['accuracy']:.2%}{spread} at score {report['threshold']:.3f}"),
        ("  FMR and FNMR there", f"{report['fmr']:.2%} and {report['fnmr']:.2%}"),
        ("EER", f"{report['eer']:.2%}"),
        ("AUC", f"{report['auc']:.4f}"),
    ]
    for fmr, tar in report["tar_at_fmr"].items():
        rows.append((f"TAR at FMR {fmr}", "too few impostor pairs to say" if tar is None else f"{tar:.2%}"))
    point = report["operating_point"]
    if point:
        score = point["threshold"] / Q15
        rows.append((f"operating point FMR {point['target_fmr']:g}", f"score {score:.3f}, FNMR {point['fnmr']:.2%}"))
        rows.append(("  its FMR, 95 % upper bound", f"{point['fmr_upper_95']:.2e} (pairs taken as independent)"))
    else:
        rows.append(("operating point", f"none: {report['operating_point_refused']}"))
    return table([(name, value) for name, value in rows], align="<<")
