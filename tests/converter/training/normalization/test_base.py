import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edge_siamese.errors import DataError
from edge_siamese_converter.training.normalization import create, from_json, normalizations

NAMES = ["unit", "signed", "min-max", "standardize", "lcn", "lcn-subtractive", "zca"]
IMAGE = np.array([[[0], [50]], [[100], [200]]], np.uint8)

batches = st.tuples(st.integers(2, 6), st.integers(3, 8), st.integers(3, 8), st.sampled_from([1, 3])).flatmap(
    lambda shape: hnp.arrays(np.uint8, shape)
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("unit", [0.0, 50 / 255, 100 / 255, 200 / 255]),
        ("signed", [-1.0, -0.609375, -0.21875, 0.5625]),
        ("min-max", [-1.0, -0.5, 0.0, 1.0]),
        ("standardize", [-1.1832160, -0.5070926, 0.1690309, 1.5212777]),
    ],
)
def test_golden_values(name: str, expected: list[float]) -> None:
    result = create(name)(IMAGE[None])
    assert result.dtype == np.float32
    assert result.shape == (1, 2, 2, 1)
    assert result.ravel() == pytest.approx(expected, abs=1e-6)


def test_every_name_makes_itself() -> None:
    assert list(normalizations()) == NAMES
    assert [create(name).name for name in NAMES] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_affine_normalization_is_its_scale_and_offset(name: str) -> None:
    normalization = create(name)
    assert (normalization.affine is not None) == (name in {"unit", "signed"})
    if normalization.affine:
        scale, offset = normalization.affine
        levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
        assert normalization(levels) == pytest.approx(levels * scale + offset, abs=1e-6)


@pytest.mark.parametrize("name", ["min-max", "standardize"])
def test_each_image_is_normalized_by_itself(name: str) -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 6, 7, 3), np.uint8)
    together = create(name)(images)
    alone = np.concatenate([create(name)(images[at : at + 1]) for at in range(5)])
    assert np.array_equal(together, alone)


def test_a_flat_image_stays_finite() -> None:
    flat = np.full((1, 4, 4, 3), 77, np.uint8)
    assert (create("min-max")(flat) == -1).all()
    assert (create("standardize")(flat) == 0).all()


@settings(max_examples=60)
@given(images=batches, name=st.sampled_from(NAMES), even=st.booleans())
def test_json_gives_the_same_normalization_again(images: np.ndarray, name: str, even: bool) -> None:
    images[0, 0, 0, 0], images[-1, -1, -1, -1] = 0, 255
    options = {"even_kernel": even} if name.startswith("lcn") else {}
    normalization = create(name, **options).fit(images)
    text = json.dumps(normalization.to_json(), allow_nan=False)
    again = from_json(json.loads(text))
    assert type(again) is type(normalization)
    assert again.to_json() == normalization.to_json()
    result = again(images)
    assert result.shape == images.shape
    assert result.dtype == np.float32
    assert np.isfinite(result).all()
    assert np.array_equal(result, normalization(images))


@pytest.mark.parametrize("name", ["lcn", "lcn-subtractive", "zca"])
def test_what_learns_has_to_be_fitted_and_stays_as_it_was(name: str) -> None:
    fresh = create(name)
    images = np.random.default_rng(0).integers(0, 256, (4, 5, 5, 1), np.uint8)
    fitted = fresh.fit(images)
    assert fitted(images).shape == images.shape
    with pytest.raises(DataError, match=f"{name} has to be fitted"):
        fresh(images)
    with pytest.raises(DataError, match="fitted on images, found none"):
        fresh.fit(images[:0])
    assert from_json(fresh.to_json()).to_json()["learned"] == {}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": "lnc"}, "unknown normalization 'lnc'; did you mean 'lcn'"),
        ({"name": 3}, "expected a normalization as JSON"),
        ({"options": {"odd_kernel": True}}, "unknown option 'odd_kernel'; did you mean 'even_kernel'"),
        ({"options": None}, "expected a normalization as JSON"),
        ({"learned": {"overall": {"shape": [2], "float32": "?"}}}, "expected a normalization as JSON"),
        ({"learned": {"overall": {"shape": [2], "float32": "AAAAAA=="}}}, "expected a normalization as JSON"),
        ({"learned": {"overall": {"shape": [1], "float32": "AAAAAA=="}}}, "expected a mean and a deviation"),
    ],
)
def test_json_of_something_else_is_refused(change: dict[str, object], sentence: str) -> None:
    images = np.random.default_rng(0).integers(0, 256, (4, 5, 5, 1), np.uint8)
    report = create("lcn").fit(images).to_json() | change
    with pytest.raises(DataError, match=sentence):
        from_json(report)


def test_arrays_that_do_not_fit_together_are_refused() -> None:
    images = np.random.default_rng(0).integers(0, 256, (4, 5, 5, 1), np.uint8)
    report = create("zca").fit(images).to_json()
    del report["learned"]["gains"]
    with pytest.raises(DataError, match="do not fit together"):
        from_json(report)


def test_an_unknown_name_or_option_is_refused() -> None:
    with pytest.raises(DataError, match="unknown normalization 'standardise'; did you mean 'standardize'"):
        create("standardise")
    with pytest.raises(DataError, match="normalization unit: unknown option 'scale'; known are none"):
        create("unit", scale=2.0)
