"""Time and memory of one search among many templates, beside FAISS in the same run."""

import importlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import EdgeSiameseError, RuntimeMissingError
from edge_siamese.gallery.search import TemplateSearch
from edge_siamese.installation import install_command

from .measuring import Measurement, RunLength, SampleRecorder, measure
from .ratios import Ratio, ratio

Int8 = npt.NDArray[np.int8]
PREPARED, IN_PLACE = "edge-siamese", "edge-siamese, not prepared"
FAISS_INT8, FAISS_FLOAT = "FAISS flat int8", "FAISS flat float32"
FAISS = (FAISS_INT8, FAISS_FLOAT)
_ROWS_AT_ONCE, _NEIGHBORS = 50_000, 10
_FEW, _FEW_QUERIES = 1000, 2000


@dataclass(frozen=True)
class SearchMemory:
    """Resident memory that preparing one kind of search adds, beyond the int8 templates, and its duration.

    Attributes:
        bytes: resident memory added.
        seconds: duration of the preparation.
    """

    bytes: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        return {"bytes": self.bytes, "seconds": round(self.seconds, 3)}


@dataclass(frozen=True, eq=False)
class SearchReport:
    """Durations and memory of searches.

    Attributes:
        templates, dimension: size of the searched array.
        measurement: samples by kind of search.
        memory: memory and preparation by kind.
        few_cpu_us: processor time of one search among 1,000 templates, in microseconds.
    """

    templates: int
    dimension: int
    measurement: Measurement
    memory: dict[str, SearchMemory]
    few_cpu_us: float

    def ratio(self, label: str) -> Ratio | None:
        """How many times as long a search takes as the faster of FAISS's; None if so few blocks were measured."""
        samples = self.measurement.samples
        fastest = min(FAISS, key=lambda each: samples[each].percentile(50))
        try:
            return ratio(samples[label], samples[fastest])
        except EdgeSiameseError:
            return None

    def rows(self) -> list[tuple[str, ...]]:
        """Cells of a table: search, median, p90, ratio, memory, preparation."""
        rows: list[tuple[str, ...]] = [
            ("search", "median ms", "p90 ms", "ratio to the faster FAISS", "memory MB", "prepared in s")
        ]
        for label, samples in self.measurement.samples.items():
            summary, times, memory = samples.summary(), self.ratio(label), self.memory[label]
            cells = (f"{summary.median / 1e6:.1f}", f"{summary.p90 / 1e6:.1f}", times.text() if times else "-")
            rows.append((label, *cells, f"{memory.bytes / 1e6:.0f}", f"{memory.seconds:.1f}"))
        return rows

    def to_json(self) -> dict[str, Any]:
        kinds = {}
        for label, samples in self.measurement.samples.items():
            times = self.ratio(label)
            kinds[label] = {
                **samples.summary().to_json(),
                "ratio_to_faster_faiss": times.to_json() if times else None,
                "memory": self.memory[label].to_json(),
            }
        return {
            "templates": self.templates,
            "dimension": self.dimension,
            "searches": kinds,
            "cpu_us_of_1000_templates": round(self.few_cpu_us, 1),
            "partial": self.measurement.partial,
        }


def measure_searches(
    templates: int, dimension: int, length: RunLength, *, recorder: SampleRecorder | None = None
) -> SearchReport:
    """Search random templates with every kind of search in turns, one query at a time on one thread.

    Args:
        templates: number of templates, at least 1.
        dimension: numbers in a template.
        length: how long to measure.
        recorder: receives the raw samples.

    Raises:
        RuntimeMissingError: faiss-cpu is not installed.
        EdgeSiameseError: a search does not find the template that the query was made from.
    """
    faiss = _faiss()
    rng = np.random.default_rng(0)
    stored = rng.integers(-128, 128, (templates, dimension), np.int8)
    planted = templates // 2
    query = np.clip(stored[planted].astype(np.int16) + rng.integers(-40, 41, dimension), -128, 127).astype(np.int8)
    searches: dict[str, Callable[[], int]] = {}
    memory: dict[str, SearchMemory] = {}
    for label, prepare in _KINDS.items():
        begun, before = time.perf_counter(), resident_memory()
        search = prepare(faiss, stored, query)
        found = search()
        memory[label] = SearchMemory(max(resident_memory() - before, 0), time.perf_counter() - begun)
        if found != planted:
            raise EdgeSiameseError(f"{label}: expected template {planted} to match best, found {found}")
        searches[label] = search
    measurement = measure(searches, length, recorder=recorder)
    return SearchReport(templates, dimension, measurement, memory, _few_cpu_us(stored[:_FEW], query))


def _prepared(_: Any, stored: Int8, query: Int8) -> Callable[[], int]:
    search = TemplateSearch(stored, 0)
    search.prepare()
    return lambda: int(search.scores(query[None])[0].argmax())


def _in_place(_: Any, stored: Int8, query: Int8) -> Callable[[], int]:
    # A new object for every query, so that it is never prepared.
    return lambda: int(TemplateSearch(stored, 0).scores(query[None])[0].argmax())


def _faiss_int8(faiss: Any, stored: Int8, query: Int8) -> Callable[[], int]:
    kind = faiss.ScalarQuantizer.QT_8bit_direct_signed
    index = faiss.IndexScalarQuantizer(stored.shape[1], kind, faiss.METRIC_INNER_PRODUCT)
    index.is_trained = True
    return _filled(index, stored, query, unit=False)


def _faiss_float(faiss: Any, stored: Int8, query: Int8) -> Callable[[], int]:
    return _filled(faiss.IndexFlatIP(stored.shape[1]), stored, query, unit=True)


def _filled(index: Any, stored: Int8, query: Int8, *, unit: bool) -> Callable[[], int]:
    for start in range(0, len(stored), _ROWS_AT_ONCE):
        rows = stored[start : start + _ROWS_AT_ONCE].astype(np.float32)
        index.add(rows / np.linalg.norm(rows, axis=1, keepdims=True) if unit else rows)
    values = query.astype(np.float32)[None]
    count = min(_NEIGHBORS, len(stored))
    return lambda: int(index.search(values, count)[1][0, 0])


_KINDS = {PREPARED: _prepared, IN_PLACE: _in_place, FAISS_INT8: _faiss_int8, FAISS_FLOAT: _faiss_float}


def _faiss() -> Any:
    try:
        faiss = importlib.import_module("faiss")
    except ImportError as error:
        raise RuntimeMissingError(
            f"the comparison needs faiss-cpu, which is not installed; install it with: {install_command('edge-siamese[bench]')}"
        ) from error
    faiss.omp_set_num_threads(1)
    return faiss


def _few_cpu_us(stored: Int8, query: Int8) -> float:
    search = TemplateSearch(stored, 0)
    for _ in range(_FEW_QUERIES // 10):
        search.scores(query[None])
    begun = time.process_time()
    for _ in range(_FEW_QUERIES):
        search.scores(query[None])
    return (time.process_time() - begun) / _FEW_QUERIES * 1e6


def resident_memory() -> int:
    """Resident memory of this process in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
