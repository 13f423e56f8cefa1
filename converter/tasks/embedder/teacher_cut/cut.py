"""Cut a teacher to a student's widths, layer by layer, without training.

Both networks run side by side on the same crops. Each linear layer of the student is fitted so that, on what the
student's own layers before it give, it answers what the teacher's does: errors are made up for as soon as possible
instead of adding up.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError

from ....networks.mobilefacenet import MobileFaceNetTable, build_mobilefacenet
from .linear import principal_axes, ridge_regression, select_channels, unexplained
from .units import FoldedUnit, get_unit, run_unit, set_unit

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

SAMPLES = 40_000  # positions that a regression looks at
MINIMUM_CROPS = 16


@dataclass
class CutReport:
    """What a cut kept.

    Attributes
    ----------
    streams : list of float
        For each stage, the share of its stream's variance along the directions that were kept.
    blocks : dict of str to float
        For each block, the share of its output (along those directions) that the student does not reproduce.
    """

    streams: list[float] = field(default_factory=list)
    blocks: dict[str, float] = field(default_factory=dict)


def cut_teacher(
    teacher: Any,
    table: MobileFaceNetTable,
    crops: npt.NDArray[np.uint8],
    directions: Floats,
    *,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> tuple[Any, CutReport]:
    """Make a student of a teacher.

    Parameters
    ----------
    teacher : keras.Model
        Of `load_teacher`.
    table : MobileFaceNetTable
        The student's widths: as many stages and blocks as the teacher's, none wider.
    crops : uint8 array of shape (N, 112, 112, 3)
        RGB training crops to fit on; some four hundred.
    directions : float32 array of shape (teacher's dimension, table.dimension)
        Onto which the teacher's embeddings are projected.
    seed : int
        Of the choice of positions.
    progress : callable or None
        Told the name of each block that is done.

    Returns
    -------
    student : keras.Model
        With PReLU at the teacher's slopes.
    report : CutReport
        What was kept.

    Raises
    ------
    DataError
        Another layout than the teacher's, a wider layer than the teacher's, directions of another shape, or fewer than
        16 crops.
    """
    wide = table_of(teacher)
    _require_narrower(wide, table)
    if directions.shape != (wide.dimension, table.dimension):
        raise DataError(f"expected directions of shape {(wide.dimension, table.dimension)}, found {directions.shape}")
    if len(crops) < MINIMUM_CROPS:
        raise DataError(f"cutting a teacher needs {MINIMUM_CROPS} crops to fit on, found {len(crops)}")
    student = build_mobilefacenet(table, activation="prelu")
    cut = _Cut(teacher, student, table, np.random.default_rng(seed))
    pixels = np.asarray((crops.astype(np.float32) - 128) / 128, np.float32)
    cut.stem(pixels)
    for stage, widths in enumerate(table.hidden):
        names = [f"stage{stage}_block{block}" for block in range(len(widths))]
        cut.stage(names, table.streams[stage], progress or (lambda name: None))
    cut.head(directions)
    return student, cut.report


def table_of(network: Any) -> MobileFaceNetTable:
    """Read the widths of a network of `build_mobilefacenet`."""
    hidden: list[list[int]] = []
    streams: list[int] = []
    for layer in network.layers:
        if layer.name.endswith("_project"):
            if layer.name.endswith("block0_project"):
                hidden.append([])
                streams.append(layer.filters)
            hidden[-1].append(network.get_layer(layer.name.replace("_project", "_expand")).filters)
    filters = [network.get_layer(name).filters for name in ("stem", "last", "reduce", "embedding")]
    return MobileFaceNetTable(filters[0], tuple(map(tuple, hidden)), tuple(streams), *filters[1:])


class _Cut:
    """The state of a cut: what the teacher (`wide`) and the student (`narrow`) have come to on the same crops."""

    def __init__(self, teacher: Any, student: Any, table: MobileFaceNetTable, rng: np.random.Generator) -> None:
        self.teacher, self.student, self.table, self.rng = teacher, student, table, rng
        self.report = CutReport()
        self.wide: Floats
        self.narrow: Floats

    def stem(self, pixels: Floats) -> None:
        """Keep the stem's channels that explain what the first block reads; they need no fit."""
        self.wide = run_unit(self.teacher, "stem_depthwise", run_unit(self.teacher, "stem", pixels))
        read = self._sampled("stage0_block0_expand", self.wide, 2 * SAMPLES)
        kept = select_channels(read.inputs, read.outputs, self.table.stem)
        for name in ("stem", "stem_depthwise"):
            set_unit(self.student, name, get_unit(self.teacher, name).pick(kept))
        self.narrow = run_unit(self.student, "stem_depthwise", run_unit(self.student, "stem", pixels))

    def stage(self, names: list[str], channels: int, progress: Callable[[str], None]) -> None:
        """Cut a stage: its stream to the principal axes of what all its blocks leave in it, then block by block."""
        hidden, streams = self._run_teacher(names)
        mean = streams[0].reshape(-1, streams[0].shape[-1]).mean(0, dtype=np.float64)
        axes, kept = principal_axes([_covariance(stream) for stream in streams], channels)
        self.report.streams.append(kept)
        for name, inside, stream in zip(names, hidden, streams, strict=True):
            self._block(name, inside, (stream - mean) @ axes, axes)
            self.wide = stream
            progress(name)

    def _run_teacher(self, names: list[str]) -> tuple[list[Floats], list[Floats]]:
        """For each block what is inside it before its last convolution, and the stream after it."""
        hidden, streams, x = [], [], self.wide
        for name in names:
            inside = run_unit(self.teacher, f"{name}_depthwise", run_unit(self.teacher, f"{name}_expand", x))
            y = run_unit(self.teacher, f"{name}_project", inside)
            x = y if name.endswith("block0") else x + y
            hidden.append(inside)
            streams.append(x)
        return hidden, streams

    def _block(self, name: str, inside: Floats, wanted: Doubles, axes: Doubles) -> None:
        width = self.student.get_layer(f"{name}_expand").filters
        project = get_unit(self.teacher, f"{name}_project").kernel[0, 0].astype(np.float64) @ axes
        places = self._places(inside)
        samples = _at(inside, places)
        kept = select_channels(samples, samples @ project, width)
        self._fit_expand(f"{name}_expand", kept)
        set_unit(self.student, f"{name}_depthwise", get_unit(self.teacher, f"{name}_depthwise").pick(kept))
        own = run_unit(self.student, f"{name}_depthwise", run_unit(self.student, f"{name}_expand", self.narrow))
        before = None if name.endswith("block0") else self.narrow
        outputs = _at(wanted, places) - (0 if before is None else _at(before, places))
        set_unit(self.student, f"{name}_project", _linear(*ridge_regression(_at(own, places), outputs)))
        y = run_unit(self.student, f"{name}_project", own)
        self.narrow = y if before is None else before + y
        self.report.blocks[name] = unexplained(_at(self.narrow, places), _at(wanted, places))

    def _fit_expand(self, name: str, kept: npt.NDArray[np.intp]) -> None:
        """Fit a 1x1 convolution to the teacher's before its activation, for the channels that are kept."""
        read = self._sampled(name, self.wide, SAMPLES)
        inputs = _at(self.narrow, read.places)
        unit = _linear(*ridge_regression(inputs, read.outputs[:, kept]))
        slope = get_unit(self.teacher, name).pick(kept).slope
        set_unit(self.student, name, FoldedUnit(unit.kernel, unit.bias, slope))

    def head(self, directions: Floats) -> None:
        """Cut the two 1x1 convolutions after the last stage and the last product, and project it."""
        inside = run_unit(self.teacher, "last", self.wide)
        reduced = run_unit(self.teacher, "reduce", inside, activate=False)
        rows, targets = inside.reshape(-1, inside.shape[-1]), reduced.reshape(-1, reduced.shape[-1])
        self._fit_expand("last", select_channels(rows, targets, self.table.last))
        own = run_unit(self.student, "last", self.narrow)
        embedding = get_unit(self.teacher, "embedding")
        places = run_unit(self.teacher, "reduce", inside)
        by_place = embedding.kernel.reshape(*places.shape[1:], -1).astype(np.float64) @ directions
        kept = self._reduced_channels(places, by_place)
        fitted = _linear(*ridge_regression(own.reshape(-1, own.shape[-1]), targets[:, kept]))
        slope = get_unit(self.teacher, "reduce").pick(kept).slope
        set_unit(self.student, "reduce", FoldedUnit(fitted.kernel, fitted.bias, slope))
        dropped = np.setdiff1d(np.arange(places.shape[-1]), kept)
        bias = embedding.bias @ directions + np.einsum(
            "hwc,hwcd->d", places.mean(0, dtype=np.float64)[..., dropped], by_place[:, :, dropped]
        )
        kernel = by_place[:, :, kept].reshape(1, 1, -1, directions.shape[1])
        set_unit(self.student, "embedding", FoldedUnit(kernel.astype(np.float32), bias.astype(np.float32)))

    def _reduced_channels(self, places: Floats, by_place: Doubles) -> npt.NDArray[np.intp]:
        """The channels of the last map whose parts of the embedding vary most."""
        centered = places - places.mean(0)
        power = [
            np.square(np.einsum("nhw,hwd->nd", centered[..., channel], by_place[:, :, channel])).sum()
            for channel in range(places.shape[-1])
        ]
        return np.sort(np.argsort(power, kind="stable")[::-1][: self.table.reduced])

    def _places(self, maps: Floats, samples: int = SAMPLES) -> npt.NDArray[np.intp]:
        """Rows of ``maps`` seen as ``(N * H * W, C)``, chosen at random, at most `samples`."""
        available = int(np.prod(maps.shape[:3]))
        return np.sort(self.rng.choice(available, min(samples, available), replace=False))

    def _sampled(self, name: str, inputs: Floats, samples: int) -> "_Samples":
        """What a 1x1 convolution of the teacher reads and, before its activation, answers at some places."""
        places = self._places(inputs, samples)
        rows = _at(inputs, places)
        unit = get_unit(self.teacher, name)
        return _Samples(places, rows, rows @ unit.kernel[0, 0] + unit.bias)


@dataclass(frozen=True, eq=False)
class _Samples:
    places: npt.NDArray[np.intp]
    inputs: Floats
    outputs: Floats


def _at(maps: npt.NDArray[Any], places: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
    return np.asarray(maps.reshape(-1, maps.shape[-1])[places])


def _covariance(stream: Floats) -> Doubles:
    rows = stream.reshape(-1, stream.shape[-1])
    centered = rows - rows.mean(0)
    return np.asarray(centered.T @ centered / len(rows), np.float64)


def _linear(weights: Doubles, bias: Doubles) -> FoldedUnit:
    return FoldedUnit(weights[None, None].astype(np.float32), bias.astype(np.float32))


def _require_narrower(wide: MobileFaceNetTable, table: MobileFaceNetTable) -> None:
    blocks, wide_blocks = [len(stage) for stage in table.hidden], [len(stage) for stage in wide.hidden]
    if blocks != wide_blocks:
        raise DataError(f"expected {wide_blocks} blocks, as many as the teacher has, found {blocks}")
    pairs = [
        *zip(("stem", "last", "reduced"), (table.stem, table.last, table.reduced), (wide.stem, wide.last, wide.reduced),
             strict=True),
        *(("stream", narrow, most) for narrow, most in zip(table.streams, wide.streams, strict=True)),
        *(("block", narrow, most) for narrow, most in zip(chain(*table.hidden), chain(*wide.hidden), strict=True)),
    ]  # fmt: skip
    for what, narrow, most in pairs:
        if narrow > most:
            raise DataError(f"{what}: expected at most the teacher's {most} channels, found {narrow}")
