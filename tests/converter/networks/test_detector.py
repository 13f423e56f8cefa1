from edge_siamese_converter.networks.detector import build_detector


def test_each_stride_has_its_outputs_apart() -> None:
    network = build_detector(128)
    shapes = {name: output.shape[1:] for name, output in network.output.items()}
    assert shapes == {
        f"{kind}{stride}": (128 // stride, 128 // stride, channels)
        for stride in (8, 16, 32)
        for kind, channels in (("score", 1), ("box", 4), ("landmark", 10))
    }


def test_the_detector_stays_small() -> None:
    assert build_detector().count_params() < 260_000
