"""The process that `cold_start` starts: imports the package, opens the models and analyzes a photo, timing each."""

import json
import sys
import time
from pathlib import Path


def main(photo: str, embedder: str, detector: str, delegate: str, threads: str, kernels: str) -> list[int]:
    """Durations of importing, opening and the first photo, in nanoseconds."""
    begin = time.perf_counter_ns()
    from edge_siamese import FaceEngine, read_image

    imported = time.perf_counter_ns()
    if kernels:
        from .xnnpack import limit_kernels

        limit_kernels(kernels)  # type: ignore[arg-type]
    ready = time.perf_counter_ns()
    engine = FaceEngine.open(Path(embedder), Path(detector), delegate=delegate, threads=int(threads))  # type: ignore[arg-type]
    opened = time.perf_counter_ns()
    with engine:
        engine.analyze(read_image(photo))
    return [imported - begin, opened - ready, time.perf_counter_ns() - opened]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
