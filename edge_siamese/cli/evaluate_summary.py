"""Text summary of ``edge-siamese evaluate`` for the terminal."""

from typing import Any

from ..reports.formatting import area, percent, percent_interval, points, points_interval
from .shared.output import table


def summary(report: dict[str, Any]) -> str:
    """Summary of the report of `evaluate`: dataset, metrics, thresholds and the baseline embedder."""
    parts = [_facts(report), _metrics(report), _thresholds(report)]
    if report["baseline"]:
        parts.append(_baseline_table(report))
    return "\n\n".join([*parts, "Slices, curves and confusions: --report FILE.html, or --json."])


def _facts(report: dict[str, Any]) -> str:
    missing, photos = report["faces_not_found"], report["photos"]
    rows = [
        ("protocol", f"{report['protocol']}, face {report['face_choice']}"),
        ("photos", f"{photos:,} of {report['people']:,} people"),
        ("faces not found", f"{missing:,} ({percent(missing / photos)})"),
        ("pairs", f"{report['genuine_pairs']:,} genuine, {report['impostor_pairs']:,} impostor"),
    ]
    return table(rows, align="<<")


def _metrics(report: dict[str, Any]) -> str:
    intervals = report["person_intervals_95"]
    spread = report["accuracy_sd"]
    about = f"at score {report['threshold']:.3f}" + (
        f", +- {percent(spread)} over the folds" if spread is not None else ""
    )
    rows = [
        ("accuracy", percent(report["accuracy"]), percent_interval(intervals["accuracy"]), about),
        ("EER", percent(report["eer"]), percent_interval(intervals["eer"]), ""),
        ("AUC", *area(report["auc"], intervals["auc"]), ""),
    ]
    for fmr, tar in report["tar_at_fmr"].items():
        rejected = report["tar_at_fmr_rejected"].get(fmr, "")
        value = "-" if tar is None else percent(tar)
        rows.append((f"TAR at FMR {fmr}", value, percent_interval(intervals["tar_at_fmr"][fmr]), rejected))
    return table(rows, header=("", "", "95 %, people resampled", ""), align="<><<")


def _thresholds(report: dict[str, Any]) -> str:
    """Table of error rates at each threshold."""
    decision = report["decision_threshold"]
    rows = []
    for entry in report["thresholds"]:
        if entry["target_fmr"] in (None, decision["target_fmr"]):
            name = entry["source"] + (f", for FMR {entry['target_fmr']:g}" if entry["target_fmr"] else "")
            rates = [cell for rate in ("fmr", "fnmr") for cell in _rate(entry[rate])]
            rows.append((name, f"{entry['score']:.3f}", *rates))
    header = ("threshold of", "score", "FMR", "pairs", "people", "FNMR", "pairs", "people")
    lines = [table(rows, header=header, align="<>><<><<")]
    if report["operating_point_rejected"]:
        lines.append(f"no operating point from this data: {report['operating_point_rejected']}")
    lines.append("95 % intervals: pairs = exact, pairs taken as independent; people = people resampled")
    return "\n".join(lines)


def _baseline_table(report: dict[str, Any]) -> str:
    other = report["baseline"]
    difference = other["difference"]
    rows = [
        ("accuracy", percent(other["accuracy"]), *_difference(difference["accuracy"])),
        ("EER", percent(other["eer"]), *_difference(difference["eer"])),
    ]
    for fmr, tar in other["tar_at_fmr"].items():
        if tar is not None:
            rows.append((f"TAR at FMR {fmr}", percent(tar), *_difference(difference["tar_at_fmr"][fmr])))
    header = (f"baseline {other['name']}", "other", "difference", "95 % in points, people resampled in pairs")
    return f"{table(rows, header=header, align='<>><')}\n{other['about']}, digest {other['digest'][:16]}"


def _rate(rate: dict[str, Any]) -> tuple[str, str, str]:
    value = "-" if rate["rate"] is None else percent(rate["rate"])
    return value, percent_interval(rate["interval_95"]), percent_interval(rate["person_interval_95"])


def _difference(difference: dict[str, Any]) -> tuple[str, str]:
    return points(difference["value"]), points_interval(difference["person_interval_95"])
