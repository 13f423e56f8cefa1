"""The table of ``bench accuracy``."""

from edge_siamese.operating_point import OperatingPoint
from edge_siamese_benchmarks.cli.accuracy import _accuracy_table


def test_the_threshold_is_printed_as_people_see_it() -> None:
    point = OperatingPoint(1e-3, 16_384, 9e-4, 5000, 20, 0.1, "00" * 32)
    result = {
        "shown_as": "stills", "target_fpir": 0.001, "operating_point": point.to_json(), "named_rightly": 0.9,
        "enrolled_images": 309, "named_wrongly": 0.0, "strangers_named": 0.006, "stranger_images": 169,
    }  # fmt: skip
    _, row = _accuracy_table([result]).splitlines()
    assert row.split()[:3] == ["stills", "0.001", "0.500"]
