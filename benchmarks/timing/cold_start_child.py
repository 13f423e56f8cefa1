"""The process that `cold_start` starts: imports the package, opens the models and analyzes a photo, timing each."""

import json
import sys
import time
from itertools import pairwise
from pathlib import Path


def main(photo: str, embedder: str, detector: str, delegate: str, threads: str, kernels: str) -> list[int]:
    """Durations of importing, opening and the first photo, in nanoseconds."""
    times = [time.perf_counter_ns()]
    from edge_siamese import FaceEngine, read_image

    times.append(time.perf_counter_ns())
    if kernels:
        from .xnnpack import limit_kernels

        limit_kernels(kernels)  # type: ignore[arg-type]
    engine = FaceEngine.open(Path(embedder), Path(detector), delegate=delegate, threads=int(threads))  # type: ignore[arg-type]
    times.append(time.perf_counter_ns())
    with engine:
        engine.analyze(read_image(photo))
    times.append(time.perf_counter_ns())
    return [later - earlier for earlier, later in pairwise(times)]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
