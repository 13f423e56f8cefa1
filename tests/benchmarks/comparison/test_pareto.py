from edge_siamese_benchmarks.comparison.pareto import ParetoPoint, frontier


def test_the_frontier_has_the_points_that_no_other_beats() -> None:
    fast, good = ParetoPoint("fast", 1.0, 0.3, 1), ParetoPoint("good", 5.0, 0.1, 1)
    slow, middle = ParetoPoint("slow", 6.0, 0.1, 1), ParetoPoint("middle", 3.0, 0.2, 1)
    worse = ParetoPoint("worse", 3.0, 0.25, 1)
    assert frontier([slow, good, worse, fast, middle]) == [fast, middle, good]


def test_equal_points_are_both_on_it() -> None:
    one, other = ParetoPoint("one", 1.0, 0.1, 1), ParetoPoint("other", 1.0, 0.1, 2)
    assert frontier([one, other]) == [one, other]
