"""Options that ``firmware build`` and ``firmware run`` share."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.options import Model, target_fpir_option, with_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..boards import Board
    from ..image.build import FirmwareSources
    from ..image.toolchain import Toolchain

_OPTIONS = (
    click.option("--board", "board_name", required=True, help="A name from 'firmware boards list', or a .toml of your own."),
    click.option("--detector", type=Model(), help="The detector; the board's own choice if left out."),
    click.option("--embedder", type=Model(), help="The embedder; the board's own choice if left out."),
    click.option("--upright-only", is_flag=True, help="Do not look for faces in turned frames: faster where the camera is fixed."),
    click.option(
        "--toolchain",
        type=click.Choice(["arm-none-eabi-gcc", "gcc", "zig"]),
        help="The compiler; the first that is installed if left out.",
    ),
    target_fpir_option,
)  # fmt: skip


def firmware_options(command: "Callable[..., Any]") -> "Callable[..., Any]":
    """The board, the models, and how they are compiled."""
    return with_options(command, _OPTIONS)


def compiler_for(board: "Board", name: str | None) -> "Toolchain":
    """The compiler for a board.

    Raises:
        RuntimeMissingError: it is not installed.
        DataError: there is none for this board.
    """
    from ..image.build import profile_of, require_cortex_m
    from ..image.toolchain import find_linux_toolchain, find_toolchain

    profile = profile_of(board)
    if profile.target:
        return find_linux_toolchain(profile.target, profile.flags, name)
    require_cortex_m(board)
    return find_toolchain(name)


def sources_of(
    board: "Board",
    detector: Path | None,
    embedder: Path | None,
    *,
    target_fpir: float,
    upright_only: bool,
    board_code: Path | None = None,
    semihosting: bool = False,
) -> "tuple[FirmwareSources, Any]":
    """The sources of a firmware, and the embedder's card."""
    from edge_siamese.models import named_model
    from edge_siamese.tflite.model_card import read_model

    from ..image.build import firmware_sources, profile_of

    profile = profile_of(board)
    files = [
        read_model(path or named_model(name) or Path(name), task)  # type: ignore[arg-type]
        for path, name, task in ((detector, profile.detector, "detector"), (embedder, profile.embedder, "embedder"))
    ]
    options = {"target_fpir": target_fpir, "any_orientation": not upright_only}
    sources = firmware_sources(
        board, files[0], files[1], board_code=board_code, semihosting=semihosting, options=options
    )
    return sources, files[1].card
