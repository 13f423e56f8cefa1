"""Options of the commands that read networks of other origin."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.options import with_options

if TYPE_CHECKING:
    from ..importers import PixelInput

ONNX2TF: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--onnx2tf",
    default="onnx2tf",
    show_default=True,
    envvar="EDGE_SIAMESE_ONNX2TF",
    help="The command that reads ONNX.",
)


def _labels(_: click.Context, parameter: click.Parameter, value: str | None) -> tuple[float, ...] | None:
    """One number, or several with commas between."""
    try:
        return None if value is None else tuple(float(part) for part in value.split(","))
    except ValueError:
        raise click.BadParameter(f"expected numbers with commas between, found {value!r}", param=parameter) from None


_OPTIONS = (
    click.option("--normalization", help="What a foreign network wants: signed (the default) or unit (0 to 1)."),
    click.option(
        "--mean", callback=_labels, help="Or: (pixel - mean) / std of pixels 0-255, one number or one a channel."
    ),
    click.option("--std", callback=_labels, help="See --mean."),
    click.option("--bgr", is_flag=True, help="The foreign network wants blue, green, red."),
    click.option(
        "--images",
        type=click.Choice(["aligned", "whole"]),
        default="aligned",
        show_default=True,
        help="Cut faces out of DATA's photos, or take them as they are.",
    ),
    ONNX2TF,
)


def pixel_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what says how a foreign network wants its images; `pixel_input` makes one thing of it."""
    return with_options(command, _OPTIONS)


def pixel_input(
    normalization: str | None, mean: tuple[float, ...] | None, std: tuple[float, ...] | None, bgr: bool
) -> "PixelInput | None":
    """What the options say of a foreign network's pixels; None when they say nothing.

    Raises:
        click.UsageError: they contradict each other.
        DataError: the normalization is unknown, or is none that a convolution can compute.
    """
    from edge_siamese.errors import DataError

    from ..importers import PixelInput
    from ..training.normalization import create

    if normalization and (mean or std):
        raise click.UsageError("--normalization and --mean with --std exclude each other")
    if (mean is None) != (std is None):
        raise click.UsageError("--mean and --std belong together")
    if mean and std:
        return PixelInput(mean, std, bgr)
    if normalization is None:
        return PixelInput(bgr=True, assumed=True) if bgr else None
    affine = create(normalization).affine
    if affine is None:
        raise DataError(
            f"the normalization '{normalization}' depends on the image, so it cannot become part of the network; "
            "expected signed, unit, or --mean and --std"
        )
    return PixelInput.of_affine(*affine, bgr=bgr)
