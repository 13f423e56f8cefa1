"""Cold starts are timed in processes of their own."""

from pathlib import Path

import pytest

from edge_siamese.errors import EdgeSiameseError
from edge_siamese.models import default_model
from edge_siamese_benchmarks.timing.cold_start import STAGES, cold_starts


def test_every_phase_of_a_start_is_timed() -> None:
    settings = [str(default_model("embedder")), str(default_model("detector")), "xnnpack", "1", ""]
    samples = cold_starts(settings, 1)
    assert tuple(samples) == STAGES
    phases = [int(samples[stage].ns[0]) for stage in STAGES]
    assert 0 < sum(phases[:3]) < phases[3]


def test_a_start_that_fails_says_why(tmp_path: Path) -> None:
    settings = [str(tmp_path / "none.tflite"), str(default_model("detector")), "xnnpack", "1", ""]
    with pytest.raises(EdgeSiameseError, match=r"^cold start: the process failed with exit code 1: .*none\.tflite"):
        cold_starts(settings, 1)
