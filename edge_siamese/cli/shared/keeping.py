"""Options of ``edge-siamese run`` about the faces of strangers, which are kept only if the user asks for it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .galleries import PATH, note
from .numbers import FiniteRange
from .options import Decorator, Once

if TYPE_CHECKING:
    from ...unknowns.keeper import UnknownKeeper
    from ...unknowns.store import KeepLimits
    from ...verifier import Verifier

keep_options: tuple[Decorator, ...] = (
    click.option(
        "--keep-unknown",
        cls=Once,
        type=PATH,
        metavar="FOLDER",
        help="Keep aligned faces and embeddings of strangers in this folder, for `unknown list` and `unknown enroll`.",
    ),
    click.option(
        "--keep-days",
        type=FiniteRange(0, 3650, min_open=True),
        help="Days after which a kept face is deleted.  [default: 7]",
    ),
    click.option("--keep-faces", type=click.IntRange(1, 10_000), help="Number of kept faces.  [default: 200]"),
    click.option("--keep-size", metavar="SIZE", help="Size of all kept faces.  [default: 10MB]"),
)


@dataclass(frozen=True)
class KeepOptions:
    """The options about kept faces, checked.

    Attributes:
        folder: where they are kept.
        limits: what is kept at most.
    """

    folder: Path
    limits: "KeepLimits"

    @classmethod
    def taken_from(cls, options: dict[str, Any]) -> "KeepOptions | None":
        """Remove the options from a command's options; None without ``--keep-unknown``.

        Raises:
            DataError: a limit is too small.
            UsageError: a limit without ``--keep-unknown``.
        """
        from ...gallery.templates.budget import parse_size
        from ...unknowns.store import KeepLimits

        folder: Path | None = options.pop("keep_unknown")
        given = {name: options.pop(f"keep_{name}") for name in ("days", "faces", "size")}
        limits = {name: value for name, value in given.items() if value is not None}
        if folder is None:
            for name in limits:
                raise click.UsageError(f"--keep-{name} needs --keep-unknown")
            return None
        if "size" in limits:
            limits["size"] = parse_size(limits["size"])
        return cls(folder, KeepLimits(**limits))

    def keeper(self, verifier: "Verifier") -> "UnknownKeeper":
        """What keeps the faces of a camera; makes the folder.

        Raises:
            DataError: the folder cannot be used, or a face in it is damaged.
        """
        from ...unknowns.keeper import PATIENCE_S, UnknownKeeper
        from ...unknowns.store import UnknownFaces

        store = UnknownFaces(self.folder, patience=PATIENCE_S)
        store.create()
        store.expire()
        return UnknownKeeper(store, verifier.engine, self.limits, stills=verifier.source.stills, warn=note)

    @property
    def sentence(self) -> str:
        """What is kept, for the operator."""
        limits = self.limits
        return (
            f"faces of strangers are kept in {self.folder} for {limits.days:g} days, at most {limits.faces:,} faces and "
            f"{limits.size:,} bytes"
        )
