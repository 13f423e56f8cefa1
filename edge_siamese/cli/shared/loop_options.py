"""Options of ``edge-siamese run`` about the loop: detection, presence, the view of the cameras, and what is kept."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .galleries import PATH, note
from .keeping import KeepOptions, keep_options
from .numbers import FiniteRange
from .options import Decorator, Once, attempts_option, with_options

if TYPE_CHECKING:
    from ...cameras import CameraView
    from ...events import EventMaker
    from ...finding import DetectionSchedule
    from ...session import SessionRecorder
    from ...verifier import Verifier

_OPTIONS: tuple[Decorator, ...] = (
    attempts_option,
    click.option(
        "--detect",
        default="every",
        show_default=True,
        metavar="every|motion|N",
        help="Run the detector on every frame, where something moves, or on every N-th frame; faces are followed between.",
    ),
    click.option(
        "--cool-down",
        type=FiniteRange(0, 86_400),
        default=30.0,
        show_default=True,
        help="Seconds after which a person who is not seen has left.",
    ),
    click.option(
        "--liveness", is_flag=True, help="Name people only after they turned the head as asked; see docs/limits.md."
    ),
    click.option(
        "--rotate", type=click.Choice(["0", "90", "180", "270"]), default="0", help="Turn images counterclockwise."
    ),
    click.option("--mirror", is_flag=True, help="Exchange left and right."),
    click.option("--region", metavar="X,Y,W,H", help="Take only this part of the images, in shares from 0 to 1."),
    click.option("--max-fps", type=FiniteRange(0, 1000, min_open=True), help="Take at most so many frames a second."),
    click.option(
        "--record",
        cls=Once,
        type=PATH,
        help="Record boxes, landmarks, scores and embeddings, but no images, for `replay`.",
    ),
    *keep_options,
)


def loop_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of the loop; `LoopOptions.taken_from` takes them."""
    return with_options(command, _OPTIONS)


@dataclass(frozen=True)
class LoopOptions:
    """The options of the loop, checked.

    Attributes:
        attempts: visits of one stranger over which the target FPIR holds.
        cool_down: seconds after which a person who is not seen has left.
        schedule: which frames the detector runs on.
        view: what is taken of the images.
        record: the session to record; None without.
        liveness: whether people are named only after a challenge.
        keep: what is kept of unknown faces; None for nothing.
    """

    attempts: int
    cool_down: float
    schedule: "DetectionSchedule"
    view: "CameraView"
    record: Path | None
    liveness: bool
    keep: KeepOptions | None

    @classmethod
    def taken_from(cls, options: dict[str, Any]) -> "LoopOptions":
        """Remove the options from a command's options.

        Raises:
            DataError: a schedule, a region or a limit that is none.
            UsageError: a limit of kept faces without ``--keep-unknown``.
        """
        from ...cameras import CameraView
        from ...finding import DetectionSchedule

        region = options.pop("region")
        view = CameraView(
            rotate=int(options.pop("rotate")),
            mirror=options.pop("mirror"),
            region=(0.0, 0.0, 1.0, 1.0) if region is None else CameraView.parse_region(region),
            max_fps=options.pop("max_fps"),
        )
        schedule = DetectionSchedule.parse(options.pop("detect"))
        return cls(
            options.pop("attempts"),
            options.pop("cool_down"),
            schedule,
            view,
            options.pop("record"),
            options.pop("liveness"),
            KeepOptions.taken_from(options),
        )

    def recorder(self, stack: ExitStack, verifier: "Verifier", maker: "EventMaker") -> "SessionRecorder | None":
        """The recorder of a camera, open as long as `stack`; None without ``--record``.

        Raises:
            DataError: the file exists already or cannot be created.
        """
        if self.record is None:
            return None
        from ...session import SessionRecorder, recorded_session

        sink = stack.enter_context(recorded_session(self.record, note))
        card, stills = verifier.engine.embedder_card, verifier.source.stills
        return SessionRecorder(sink, maker, card, stills=stills, point=verifier.operating_point)
