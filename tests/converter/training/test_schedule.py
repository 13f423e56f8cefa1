import pytest

from edge_siamese_converter.recipes.schema import Phase
from edge_siamese_converter.training.schedule import WarmupStableDecay, optimizer_of


@pytest.mark.parametrize(("step", "learning_rate"), [(0, 0.0), (5, 0.5), (10, 1.0), (50, 1.0), (75, 0.5), (100, 0.0)])
def test_the_rate_warms_up_stays_and_falls(step: int, learning_rate: float) -> None:
    schedule = WarmupStableDecay(1.0, 100, warmup=0.1, decay=0.5)
    assert float(schedule(step)) == pytest.approx(learning_rate)


def test_a_phase_averages_its_weights_where_it_says_so():
    assert not optimizer_of(Phase(epochs=1), 10, 0.05).use_ema
    optimizer = optimizer_of(Phase(epochs=1, ema_momentum=0.9), 10, 0.05, clipnorm=5.0)
    assert (optimizer.use_ema, optimizer.ema_momentum, optimizer.clipnorm) == (True, 0.9, 5.0)


def test_the_rate_falls_over_all_epochs_of_the_phase():
    optimizer = optimizer_of(Phase(epochs=4, learning_rate=0.5, warmup=0, decay=1), 10, 0.05)
    assert [float(optimizer._learning_rate(step)) for step in (0, 20, 40)] == pytest.approx([0.5, 0.25, 0.0])
