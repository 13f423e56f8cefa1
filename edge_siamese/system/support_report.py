"""Support report: what others need to help, without names, images, embeddings, passwords and private addresses."""

import json
import zipfile
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from .. import __version__
from ..atomic import write_atomically
from ..errors import EdgeSiameseError
from .doctor import Finding
from .host import HostInfo

SHOWN_KEYS = frozenset(
    {"delegate", "detector", "embedder", "events-size", "gpio-active-low", "gpio-seconds", "home-assistant", "realtime",
     "read-only", "target-fmr", "target-fpir", "threads", "timeout", "wait"}
)  # fmt: skip
"""Options whose values are in a report; of all others only whether they are set."""
_EVENTS = 10_000


def report_files(
    findings: Sequence[Finding],
    host: HostInfo,
    settings: Mapping[str, Any],
    *,
    gallery: Path | None = None,
    events: Path | None = None,
) -> dict[str, Any]:
    """Content of the report by file name.

    Args:
        findings: of the doctor.
        host: the machine.
        settings: configured values of ``run`` by key.
        gallery: the configured gallery.
        events: the configured file of events.
    """
    private = [str(value) for key, value in settings.items() if key not in SHOWN_KEYS for value in _values(value)]
    doctor = [{key: _without(text, private) for key, text in finding.to_json().items()} for finding in findings]
    return {
        "doctor.json": doctor,
        "host.json": host.to_json(),
        "packages.json": {"edge-siamese": __version__} | _packages(),
        "configuration.json": {key: value if key in SHOWN_KEYS else "(set)" for key, value in settings.items()},
        "gallery.json": None if gallery is None else gallery_summary(gallery),
        "events.json": None if events is None else event_counts(events),
    }


def write_report(path: Path, files: Mapping[str, Any]) -> None:
    """Write a ZIP with one JSON file each.

    Raises:
        OSError: the file cannot be written.
    """
    with write_atomically(path) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, json.dumps(content, indent=1, ensure_ascii=False, default=str) + "\n")


def gallery_summary(path: Path) -> dict[str, Any]:
    """Numbers of a gallery, without names, identifiers and templates."""
    from ..gallery import Gallery

    try:
        gallery = Gallery.open(path)
    except EdgeSiameseError as error:
        return {"problem": str(error).split(f"{path}: ")[-1]}
    return {
        "identities": len(gallery.names),
        "templates": len(gallery.templates),
        "dimension": gallery.dimension,
        "sequence": gallery.sequence,
        "embedder_digest": gallery.embedder_digest.hex(),
        "operating_points": [point.to_json() for point in gallery.operating_points],
    }


def event_counts(path: Path) -> dict[str, Any]:
    """How often each kind, decision and reason occurs in the last events of a file."""
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            lines = deque(stream, _EVENTS)
    except OSError as error:
        return {"problem": error.strerror or type(error).__name__}
    counts: Counter[str] = Counter()
    for line in lines:
        try:
            event = json.loads(line)
            kind = str(event["event"])
            counts[f"decision {event['decision']} ({event['reason']})" if kind == "decision" else kind] += 1
        except (ValueError, KeyError, TypeError):
            counts["(unreadable line)"] += 1
    return dict(counts.most_common())


def _packages() -> dict[str, str]:
    found = {str(each.metadata["Name"]): each.version for each in distributions() if each.metadata["Name"]}
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def _values(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _without(text: str, private: Sequence[str]) -> str:
    """A text without configured private values, logins in URLs and the home folder."""
    for value in sorted(private, key=len, reverse=True):
        if len(value) > 2:
            text = text.replace(value, "(private)").replace(value.rpartition("@")[2], "(private)")
    return text.replace(str(Path.home()), "~") if str(Path.home()) != "/" else text
