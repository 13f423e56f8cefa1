"""The fit finds the weights that made the data, and says what a component brings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_siamese.alignment import TEMPLATE
from edge_siamese.faces import Face
from edge_siamese.quality.gate import Quality
from edge_siamese_converter.tasks.quality.fit import describe_fit, fit_quality, fit_weights
from edge_siamese_converter.tasks.quality.samples import CLEAN, QualitySamples

PEOPLE, PHOTOS, VERSIONS = 20, 4, 6


def simulated(weight: float, rng: np.random.Generator) -> QualitySamples:
    """People whose photos lose ``exp(-weight * octaves of sharpness)`` of their cosine; the rest is noise."""
    centers = rng.normal(size=(PEOPLE, 64))
    centers /= np.linalg.norm(centers, axis=1, keepdims=True)
    crops, people, kinds, qualities, embeddings = [], [], [], [], []
    for crop in range(PEOPLE * PHOTOS):
        for version in range(VERSIONS):
            octaves = rng.uniform(0, 3) if version else 0.0
            cosine = 0.9 * np.exp(-weight * octaves)
            across = rng.normal(size=64)
            across -= (across @ centers[crop // PHOTOS]) * centers[crop // PHOTOS]
            across /= np.linalg.norm(across)
            crops.append(crop)
            people.append(crop // PHOTOS)
            kinds.append("blurred" if version else CLEAN)
            qualities.append(Quality(112, 4.0 * 2**-octaves, 130.0, 40.0, 0.0, 0.0, 0.9))
            embeddings.append(cosine * centers[crop // PHOTOS] + np.sqrt(1 - cosine**2) * across)
    faces = [Face(np.zeros(4, np.float32), TEMPLATE, 0.9)] * len(crops)
    return QualitySamples(
        crop=np.array(crops),
        people=np.array(people),
        kind=np.array(kinds),
        qualities=qualities,
        faces=faces,
        side_light=np.zeros(len(crops)),
        embeddings=np.array(embeddings, np.float32),
        missed={"dark": 2},
    )


def test_utility_is_the_cosine_to_the_persons_other_untouched_photos() -> None:
    samples = simulated(0.5, np.random.default_rng(0))
    utility, units = samples.utility(), samples.unit_embeddings
    for row in (0, 1, VERSIONS * PHOTOS + 3):
        others = samples.clean & (samples.people == samples.people[row]) & (samples.crop != samples.crop[row])
        mean = units[others].sum(axis=0)
        assert utility[row] == pytest.approx(units[row] @ mean / np.linalg.norm(mean), abs=1e-5)


def test_a_person_with_a_single_photo_has_no_utility() -> None:
    samples = simulated(0.5, np.random.default_rng(0))
    samples.people[samples.crop == 0] = PEOPLE
    assert np.isnan(samples.utility()[samples.crop == 0]).all()
    assert np.isfinite(samples.utility()[samples.crop != 0]).all()


@pytest.mark.parametrize("weight", [0.15, 0.6])
def test_the_weight_that_made_the_photos_is_found(weight: float) -> None:
    fit = fit_quality(simulated(weight, np.random.default_rng(1)), {"embedder": "e"})
    assert fit.formula.weights["sharpness"] == pytest.approx(weight, rel=0.1)
    assert [name for name, other in fit.formula.weights.items() if other > 0] == ["sharpness"]
    assert fit.formula.references == {"sharpness": 4.0, "contrast": 40.0, "brightness": 130.0, "confidence": 0.9}
    assert fit.formula.origin == {"embedder": "e"}
    assert (fit.photos, fit.missed) == (PEOPLE * PHOTOS * VERSIONS, {"dark": 2})


def test_what_matters_lowers_the_area_and_what_does_not_leaves_it() -> None:
    fit = fit_quality(simulated(0.6, np.random.default_rng(2)), {})
    evaluated = {component.name: component for component in fit.components}
    assert fit.areas[1] < 0.8
    assert evaluated["sharpness"].alone[1] == pytest.approx(fit.areas[1], abs=0.01)
    assert evaluated["sharpness"].toggled[1] == pytest.approx(1.0)
    assert evaluated["roll"].alone[1] == pytest.approx(1.0)
    assert evaluated["embedding norm"].weight is None
    assert set(evaluated) >= {"pitch", "side light"}
    indices = describe_fit(fit)
    assert indices[0] == ("quality", "", *(f"{area:.3f}" for area in fit.areas), "", "")
    assert indices[2][:2] == ("sharpness", f"{evaluated['sharpness'].weight:.3f}")
    assert indices[-1][:2] == ("embedding norm", "not used")


@settings(max_examples=25)
@given(st.lists(st.floats(0, 1.2), min_size=3, max_size=3), st.integers(0, 10**6))
def test_weights_are_recovered_and_never_negative(weights: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    defects = {name: rng.exponential(0.7, 900) for name in ("sharpness", "yaw", "detection")}
    people = np.arange(900) % 30
    best = rng.uniform(0.4, 0.8, 30)[people]
    utility = best * np.exp(-sum(weight * values for weight, values in zip(weights, defects.values(), strict=True)))
    found = fit_weights(defects, list(defects), utility, people)
    assert list(found.values()) == pytest.approx(weights, abs=0.12)
    risen = fit_weights(defects, list(defects), best * np.exp(0.2 * defects["yaw"]), people)
    assert min(risen.values()) >= 0.0
    assert risen["yaw"] == 0.0
