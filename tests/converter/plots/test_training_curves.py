from edge_siamese_converter.plots.training_curves import training_curves


def test_every_figure_has_a_plot_and_the_clock_has_none() -> None:
    log = [
        {"epoch": float(epoch), "seconds": 3.0, "loss": 1 / epoch, "auc": 0.9, "odd_figure": 2.0, "eer": 0.1}
        for epoch in (1, 2, 3)
    ]
    svg = training_curves(log, best=2).svg()
    for title in ("training loss", "AUC, validation people", "odd figure", "EER, validation people"):
        assert svg.count(f">{title}<") == 1
    assert "seconds" not in svg


def test_a_single_epoch_is_drawn() -> None:
    assert ">loss<" not in training_curves([{"epoch": 1.0, "loss": 0.5}]).svg()
