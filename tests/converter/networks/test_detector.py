import pytest

from edge_siamese_converter.networks.detector import TABLES, build_detector


@pytest.mark.parametrize("table", TABLES)
def test_each_stride_has_its_outputs_apart(table: str) -> None:
    network = build_detector(128, table)
    shapes = {name: output.shape[1:] for name, output in network.output.items()}
    assert shapes == {
        f"{kind}{stride}": (128 // stride, 128 // stride, channels)
        for stride in (8, 16, 32)
        for kind, channels in (("score", 1), ("box", 4), ("landmark", 10))
    }


@pytest.mark.parametrize(("table", "most"), [("light", 85_000), ("wide", 260_000)])
def test_the_detectors_stay_small(table: str, most: int) -> None:
    assert build_detector(128, table).count_params() < most


def test_the_weights_do_not_depend_on_the_input_size() -> None:
    shapes = [[tuple(weight.shape) for weight in build_detector(size, "light").weights] for size in (96, 320)]
    assert shapes[0] == shapes[1]
