import numpy as np
import pytest

from edge_siamese.engine import FaceEngine
from edge_siamese.errors import RuntimeMissingError
from edge_siamese.faces import Embedding
from edge_siamese.matching import Q15, score_q15
from edge_siamese.rendering import GOLDEN_SEEDS, Person, View, render_portrait


def portrait(seed: int, yaw: float = 0.0) -> np.ndarray:
    return render_portrait(Person.from_seed(seed), View(yaw=yaw), background_seed=seed).image


def embedded(engine: FaceEngine, image: np.ndarray) -> Embedding:
    embedding = engine.analyze(image)[0].embedding
    assert embedding
    return embedding


def test_a_rendered_face_is_found_where_it_is(engine: FaceEngine) -> None:
    rendering = render_portrait(Person.from_seed(GOLDEN_SEEDS[0]), View())
    face = engine.detect(rendering.image)[0]
    assert np.abs(face.landmarks - rendering.landmarks[0]).max() < 0.15 * rendering.boxes[0, 2]
    assert np.abs(face.box - rendering.boxes[0]).max() < 0.35 * rendering.boxes[0, 2]


def test_one_person_scores_above_two(engine: FaceEngine) -> None:
    first = embedded(engine, portrait(GOLDEN_SEEDS[1]))
    again = embedded(engine, portrait(GOLDEN_SEEDS[1], 15.0))
    other = embedded(engine, portrait(GOLDEN_SEEDS[2]))
    assert score_q15(first, again) > score_q15(first, other) + 0.1 * Q15


def test_a_image_without_a_face_has_none(engine: FaceEngine) -> None:
    assert engine.analyze(np.full((240, 320, 3), 128, np.uint8)) == []


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 900, 3), (31, 17, 3)])
def test_any_shape_of_image_is_taken(engine: FaceEngine, shape: tuple[int, int, int]) -> None:
    assert isinstance(engine.analyze(np.zeros(shape, np.uint8)), list)


def test_reference_kernels_agree_with_the_optimized_ones(engine: FaceEngine) -> None:
    image = portrait(GOLDEN_SEEDS[3])
    with FaceEngine.default(delegate="reference") as reference:
        score = score_q15(embedded(engine, image), embedded(reference, image))
    assert score > 0.97 * Q15


def test_an_edge_tpu_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(RuntimeMissingError, match=r"libedgetpu\.so\.1 cannot be loaded"):
        FaceEngine.default(delegate="edgetpu")
