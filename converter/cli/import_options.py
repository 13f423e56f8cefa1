"""Shared options of the commands that import networks from files."""

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
    help="Command of onnx2tf, which reads ONNX.",
)


def _numbers(_: click.Context, parameter: click.Parameter, value: str | None) -> tuple[float, ...] | None:
    """Click callback: parse one number, or several separated by commas."""
    try:
        return None if value is None else tuple(float(part) for part in value.split(","))
    except ValueError:
        raise click.BadParameter(f"expected numbers separated by commas, found {value!r}", param=parameter) from None


_OPTIONS = (
    click.option(
        "--normalization", help="Input of an imported network: signed (-1 to 1, the default) or unit (0 to 1)."
    ),
    click.option(
        "--mean",
        callback=_numbers,
        help="Instead: (pixel - mean) / std of pixels 0-255; one number or one per channel.",
    ),
    click.option("--std", callback=_numbers, help="See --mean."),
    click.option("--bgr", is_flag=True, help="The imported network takes channels in the order blue, green, red."),
    click.option(
        "--images",
        type=click.Choice(["aligned", "whole"]),
        default="aligned",
        show_default=True,
        help="Align the faces of the photos in DATA, or use whole images.",
    ),
    ONNX2TF,
)


def pixel_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that describe the input of an imported network; `pixel_input` reads them."""
    return with_options(command, _OPTIONS)


def pixel_input(
    normalization: str | None, mean: tuple[float, ...] | None, std: tuple[float, ...] | None, bgr: bool
) -> "PixelInput | None":
    """Return the input of an imported network as given by the options; None if none is given.

    Raises:
        click.UsageError: the options contradict each other.
        DataError: the normalization is unknown or cannot be computed by a convolution.
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
            f"the normalization '{normalization}' depends on the image and cannot become part of the network; "
            "expected signed, unit, or --mean and --std"
        )
    return PixelInput.of_affine(*affine, bgr=bgr)
