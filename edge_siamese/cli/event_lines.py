"""Prints the events of ``edge-siamese run`` as text lines."""

from typing import TYPE_CHECKING, Any

import click

from .shared.galleries import plural

if TYPE_CHECKING:
    from ..events import Event

_ENDINGS = {
    "end": "the end",
    "timeout": "the timeout expired",
    "SIGINT": "stopped by Ctrl-C",
    "SIGTERM": "stopped by SIGTERM",
    "failed": "failed",
}
_SENTENCES = {
    "started": "{source}: looking for {people} of {gallery}",
    "camera_missing": "{source}: waiting for the camera ({why})",
    "camera_lost": "{source}: the camera is lost ({why}); it is tried again",
    "camera_back": "{source}: the camera delivers, after {seconds:.1f} s",
    "frames_unreadable": "left out: {why}{others}",
    "ended_early": "{source}: ended after {found} of {announced} frames: it is cut short or damaged",
    "gallery_reloaded": "{source}: read again, {people}, {added} added and {removed} removed",
    "gallery_rejected": "{source}: changed and cannot be used; the people read before stay ({why})",
    "stream_suspicious": "{source}: {why}",
    "arrived": "{source}: {identity} arrived",
    "left": "{source}: {identity} left, present for {present:.1f} s",
    "stopped": "{source}: {ending}, after {counts}",
}
PROMPTS = {"center": "look at the camera", "left": "look to your left", "right": "look to your right"}
_PRINTED = frozenset({"decision", "arrived", "left"})
_COUNTED = (
    ("frames", "frame"),
    ("faces", "face"),
    ("embeddings", "embedding"),
    ("unreadable", "unreadable frame"),
    ("dropped", "dropped frame"),
    ("stale", "stale frame"),
)


class EventLines:
    """Prints events as text: decisions, arrivals and departures on standard output, all others on standard error.

    Args:
        stills: whether the source is independent images; lines then have face numbers instead of track numbers.
        several: whether events of several cameras are printed.
    """

    def __init__(self, stills: bool, *, several: bool = False) -> None:
        self._stills = stills and not several

    def emit(self, event: "Event") -> None:
        """Print one event as a line."""
        body = event.to_json()
        decision = event.kind == "decision"
        sentence = f"{self._place(body)}  {_verdict(body)}" if decision else sentence_of(body)
        click.echo(f"{body['time'][11:23]}  {sentence}", err=event.kind not in _PRINTED)

    def close(self) -> None:
        """Do nothing: no file is open."""

    def _place(self, body: dict[str, Any]) -> str:
        if body["track"] is None:
            return str(body["source"])
        number = f"face {body['face'] + 1}" if self._stills else f"track {body['track']}"
        return f"{body['source']}  {number}"


def sentence_of(body: dict[str, Any]) -> str:
    """One sentence about an event that is not a decision."""
    detail = body["detail"] or {}
    more = {
        "source": body["source"],
        "people": plural(detail.get("identities", 0), "person", "people"),
        "identity": body["identity"],
        "present": detail.get("present_ms", 0) / 1000,
        "seconds": detail.get("away_ms", 0) / 1000,
        "others": f" and {plural(detail['frames'] - 1, 'frame')} before it" if detail.get("frames", 1) > 1 else "",
        "ending": _ENDINGS.get(detail.get("why", ""), "the end"),
        "counts": ", ".join(
            plural(detail.get(key, 0), noun) for key, noun in _COUNTED if detail.get(key) or key == "frames"
        ),
    }
    return _SENTENCES[body["event"]].format(**detail | more)


def _verdict(body: dict[str, Any]) -> str:
    detail = body["detail"] or {}
    turned = f"  (turned by {detail['turn']} degrees)" if "turn" in detail else ""
    if body["decision"] == "match":
        return f"{body['identity']}  ({body['score']:.3f}, from {body['threshold']:.3f} on){turned}"
    if body["decision"] == "undecided":
        asked = f", {PROMPTS[detail['prompt']]}" if "prompt" in detail else ""
        return f"cannot tell: {body['reason'].replace('_', ' ')}{asked}{turned}"
    scores = "" if body["score"] is None else f"  ({body['score']:.3f}, below {body['threshold']:.3f})"
    return f"unknown{scores}{turned}"
