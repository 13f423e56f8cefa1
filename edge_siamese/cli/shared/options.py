"""Command line options shared by many commands."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ...operating_point import DEFAULT_TARGET_FMR, DEFAULT_TARGET_FPIR
from .numbers import RATE

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

json_option: Decorator = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
target_fmr_option: Decorator = click.option(
    "--target-fmr",
    type=RATE,
    default=DEFAULT_TARGET_FMR,
    show_default=True,
    help="Accepted false match rate of one comparison.",
)
target_fpir_option: Decorator = click.option(
    "--target-fpir",
    type=RATE,
    default=DEFAULT_TARGET_FPIR,
    show_default=True,
    help="Accepted false positive identification rate (strangers named).",
)
attempts_option: Decorator = click.option(
    "--attempts",
    type=click.IntRange(1, 1_000_000),
    default=1,
    show_default=True,
    help="Visits of one stranger over which the target FPIR holds.",
)


class Once(click.Option):
    """An option that may be given once. Unlike click's option, giving it twice is an error."""

    def __init__(self, *names: Any, **settings: Any) -> None:
        super().__init__(*names, **settings | {"multiple": True})

    def value_from_envvar(self, ctx: click.Context) -> Any:
        value = self.resolve_envvar_value(ctx)
        return None if value is None else (value,)

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        values = super().process_value(ctx, value)
        if values and len(values) > 1:
            raise click.UsageError(f"{self.opts[0]}: expected once, found {len(values)} times", ctx)
        return values[0] if values else None


def with_options(command: Callable[..., Any], options: tuple[Decorator, ...]) -> Callable[..., Any]:
    """Add several options, in the order of the help."""
    for option in reversed(options):
        command = option(command)
    return command


class Model(click.ParamType[Path]):
    """A .tflite model, by path or by the name of a shipped model."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        from ...models import named_model

        path = Path(value)
        return path if path.suffix or path.exists() else named_model(path.name) or path


embedder_option: Decorator = click.option(
    "--embedder", type=Model(), help="Embedder instead of the default: a .tflite, or a shipped one by name."
)
renewal_key_option: Decorator = click.option(
    "--renewal-key",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="EDGE_SIAMESE_RENEWAL_KEY",
    help="Key file of a gallery with renewable templates; see `gallery renew`.",
)
detector_option: Decorator = click.option(
    "--detector", type=Model(), help="Detector instead of the default: a .tflite, or a shipped one by name."
)
threads_option: Decorator = click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True)

_ENGINE_OPTIONS = (
    embedder_option,
    detector_option,
    click.option(
        "--delegate",
        type=click.Choice(["xnnpack", "reference", "edgetpu"]),
        default="xnnpack",
        show_default=True,
        help="TFLite delegate that runs the networks.",
    ),
    threads_option,
)


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--embedder --detector --delegate --threads``; pass them on to `FaceEngine.open`."""
    return with_options(command, _ENGINE_OPTIONS)
