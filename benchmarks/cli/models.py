"""``edge-siamese bench models``: comparison of models."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json, table
from edge_siamese.cli.shared.progress import progress_line

from .measured import EXIT_INTERRUPTED

if TYPE_CHECKING:
    from edge_siamese.tflite.runtime import Delegate

    from ..accuracy.models import Cost


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--people",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Also verify these people, as evaluate does; may be repeated.",
)
@click.option("--repeat", type=click.IntRange(1), default=200, show_default=True, help="Measured runs of each network.")
@click.option("--warmup", type=click.IntRange(0), default=30, show_default=True, help="Runs before the measured ones.")
@click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option(
    "--delegate", type=click.Choice(["xnnpack", "reference", "edgetpu"]), default="xnnpack", show_default=True
)
@json_option
def models(
    files: tuple[Path, ...],
    people: tuple[Path, ...],
    repeat: int,
    warmup: int,
    threads: int,
    delegate: "Delegate",
    as_json: bool,
) -> None:
    """Compare FILES, or all shipped models: size, operations, latency, accuracy."""
    from edge_siamese.system.host import detect_host

    from ..accuracy.models import People, prices
    from ..timing.measuring import INTERRUPTED
    from ..timing.xnnpack import chosen_kernels

    host = detect_host()
    costs, partial = prices(files, delegate=delegate, threads=threads, repeat=repeat, warmup=warmup)
    kernels = chosen_kernels() if delegate == "xnnpack" else None
    metrics: dict[str, dict[str, Any]] = {}
    people = () if partial == INTERRUPTED else people
    for path in people:
        with progress_line(f"finding faces of {path.name}") as progress:
            found = People.find(path, progress)
        for cost in costs:
            if cost.task == "embedder":
                with progress_line(f"embedding by {cost.file.name}") as progress:
                    verified = found.verify(cost.file, delegate=delegate, progress=progress)
                metrics.setdefault(str(cost.file), {})[path.stem] = verified
    if as_json:
        entries = [_entry(cost) | {"people": metrics.get(str(cost.file), {})} for cost in costs]
        body: dict[str, Any] = {"host": host.to_json(), "delegate": delegate, "threads": threads, "partial": partial}
        emit_json("bench-models", body | {"kernels": kernels and kernels.convolution, "models": entries})
    else:
        lines = [*host.lines(), f"delegate {delegate}, threads {threads}", *([kernels.text()] if kernels else [])]
        click.echo("\n".join([*lines, *([f"PARTIAL: {partial}"] if partial else []), ""]))
        click.echo(_costs(costs))
        for path in people:
            click.echo("\n" + _verification(path.stem, costs, metrics))
    if partial == INTERRUPTED:
        click.get_current_context().exit(EXIT_INTERRUPTED)


def _entry(cost: "Cost") -> dict[str, Any]:
    names = ("name", "task", "file_bytes", "network_bytes", "weights", "macs", "operators", "views")
    entry: dict[str, Any] = {"file": str(cost.file)} | {name: getattr(cost, name) for name in names}
    return entry | {"latency": cost.samples.summary().to_json(), "raw_ns": cost.samples.ns.tolist()}


def _costs(costs: "list[Cost]") -> str:
    rows = [
        (
            cost.file.stem, f"{cost.file_bytes:,}", f"{cost.network_bytes:,}", f"{cost.weights:,}",
            f"{cost.macs / 1e6:.1f}", str(cost.views), cost.samples.summary().milliseconds()[0], " ".join(sorted(cost.operators)),
        )
        for cost in costs
    ]  # fmt: skip
    header = ("model", "file bytes", "network", "weights", "million MACs", "runs", "median ms", "operators")
    return table(rows, header=header, align="<>>>>>><")


def _verification(name: str, costs: "list[Cost]", metrics: dict[str, dict[str, Any]]) -> str:
    rows = []
    for cost in costs:
        if verified := metrics.get(str(cost.file), {}).get(name):
            tars = verified["tar_at_fmr"].values()
            shares = [verified["accuracy"], verified["eer"], *tars]
            rows.append((cost.file.stem, *("too few pairs" if share is None else f"{share:.2%}" for share in shares)))
    has_metrics = next(iter(metrics.values()))[name]
    return table(rows, header=(name, "accuracy", "EER", *(f"TAR at FMR {fmr}" for fmr in has_metrics["tar_at_fmr"])))
