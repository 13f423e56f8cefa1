import pytest

from edge_siamese.intervals import Proportion


def test_a_rate_has_its_exact_interval() -> None:
    # Clopper-Pearson bounds of 3 in 20 from the beta distribution's quantiles: 0.0321 and 0.3789.
    report = Proportion(3, 20).to_json()
    assert (report["count"], report["of"], report["rate"]) == (3, 20, 0.15)
    assert report["interval_95"] == pytest.approx([0.03207, 0.37893], abs=1e-5)


def test_none_and_all_have_a_one_sided_interval() -> None:
    assert Proportion(0, 150).interval == pytest.approx((0.0, 1 - 0.025 ** (1 / 150)))
    assert Proportion(150, 150).interval == pytest.approx((0.025 ** (1 / 150), 1.0))


def test_for_people_there_are_percent_or_a_dash() -> None:
    assert Proportion(291, 307).text() == "94.8% (91.7-97.0)"
    assert Proportion(0, 0).text() == "-"
    assert Proportion(0, 0).rate is None
