"""From a model file to the files of a generated network, all in memory."""

import json
import re
from pathlib import Path
from typing import Any

from edge_siamese.errors import DataError, ModelError
from edge_siamese.tflite.model_card import model_bytes, read_model
from edge_siamese.tflite.runtime import find_runtime

from .codegen.c_text import RESERVED
from .codegen.emit import default_name
from .codegen.fixed_point import Rounding
from .codegen.generate import generate
from .codegen.layouts import Backend
from .codegen.report import add_measurement, arena_svg, report
from .emulation.measure import measure

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def build_files(
    path: Path,
    *,
    name: str | None = None,
    backend: Backend = "c",
    rounding: Rounding = "litert",
    ram_budget: int | None = None,
    stream_input: bool = False,
    core: str | None = None,
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Make C of a model file.

    Args:
        path: an int8 .tflite, with or without a model card.
        name: prefix of the C functions; by default the file's name.
        backend, rounding, ram_budget, stream_input: see `generate`.
        core: an emulated core to run the code on, whose instructions go into the report; None runs nothing.

    Returns:
        The facts of ``report.json``, and contents by file name.

    Raises:
        ModelError: the file cannot be read as a model.
        DataError: code cannot be made for it, or `name` is no C identifier.
        RuntimeMissingError: the reference kernels are not installed, or what emulation needs.
        SelfTestError: the emulated core computed something else.
    """
    if name is not None and (not _NAME.fullmatch(name) or name in RESERVED or name.startswith("es_")):
        raise DataError(f"the name '{name}' is no C identifier that can be a prefix; letters, digits and _ make one")
    model = _network(path)
    network = generate(
        model,
        name or default_name(path.stem),
        backend=backend,
        rounding=rounding,
        ram_budget=ram_budget,
        stream_input=stream_input,
    )
    runtime = find_runtime()
    facts = report(network, model, runtime=f"{runtime.name} {runtime.version}")
    if core is not None:
        add_measurement(facts, measure(network, model, core))
    files = {file: text.encode() for file, text in network.sources.items()}
    files["report.json"] = json.dumps(facts, indent=1).encode()
    files["arena.svg"] = arena_svg(network).encode()
    return facts, files


def _network(path: Path) -> bytes:
    """The bytes of the network alone."""
    whole = model_bytes(path)
    try:
        return read_model(path).network
    except ModelError:  # no card of this project
        return whole
