import keras
import numpy as np
import pytest

from edge_siamese_converter.tasks.embedder.distillation import DistillationBatches, Distiller, FaceSource


def unit_rows(count: int, dimension: int = 8) -> np.ndarray:
    rows = np.random.default_rng(0).normal(size=(count, dimension)).astype("f4")
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def network(dimension: int = 8) -> keras.Model:
    image = keras.Input((112, 112, 3))
    x = keras.layers.AveragePooling2D(16)(image)
    return keras.Model(image, keras.layers.Dense(dimension)(keras.layers.Flatten()(x)))


def crops(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, 112, 112, 3), np.uint8)


class Still:
    """An augmentation that changes nothing."""

    def __call__(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return image


def test_a_student_that_answers_as_the_teacher_has_the_least_loss() -> None:
    rows = unit_rows(32)
    distiller = Distiller(network(), rows, negatives=16)
    y = {"target": rows[:4], "person": np.full(4, -1)}
    right, wrong = (float(distiller.compute_loss(None, y, answer)) for answer in (rows[:4] * 3, rows[4:8]))
    assert right < wrong - 1


def test_faces_without_a_target_or_a_person_teach_nothing() -> None:
    distiller = Distiller(network(), unit_rows(32), people=3)
    nothing = {"target": np.zeros((2, 8), "f4"), "person": np.array([-1, -1])}
    outputs = unit_rows(2) * 8**0.5
    assert float(distiller.compute_loss(None, nothing, outputs)) == pytest.approx(0, abs=1e-6)
    somebody = nothing | {"person": np.array([0, 2])}
    assert float(distiller.compute_loss(None, somebody, outputs)) > 0


def test_long_and_short_embeddings_cost() -> None:
    distiller = Distiller(network(), unit_rows(32))
    nothing = {"target": np.zeros((2, 8), "f4"), "person": np.array([-1, -1])}
    longer, shorter = (float(distiller.compute_loss(None, nothing, unit_rows(2) * size)) for size in (40, 0.2))
    assert longer > 0.5
    assert shorter > 0.5


def test_training_lowers_the_loss() -> None:
    keras.utils.set_random_seed(0)
    source = FaceSource(crops(16), unit_rows(16), np.arange(16) % 4)
    batches = DistillationBatches(source, 8, 8, augmentation=Still())
    distiller = Distiller(network(), unit_rows(16), people=4)
    distiller.compile(optimizer=keras.optimizers.Adam(3e-3), jit_compile=False)
    losses = distiller.fit(batches, epochs=12, verbose=0).history["loss"]
    assert losses[-1] < 0.6 * losses[0]


def test_an_epoch_shows_every_crop_once_beside_random_others() -> None:
    main = FaceSource(
        np.arange(12, dtype=np.uint8)[:, None, None, None] + np.zeros((1, 112, 112, 3), np.uint8), unit_rows(12)
    )
    beside = FaceSource(np.full((5, 112, 112, 3), 200, np.uint8), people=np.arange(5))
    batches = DistillationBatches(main, 5, 8, beside=[(beside, 0.2)], augmentation=Still())
    assert len(batches) == 3
    seen = []
    for index in range(3):
        images, y = batches[index]
        assert list(y["person"][:4]) == [-1] * 4
        assert y["person"][4] >= 0
        assert not y["target"][4].any()
        seen += list(images[:4, 0, 0, 0])
    assert sorted(seen) == list(range(12))
    assert np.array_equal(batches[1][0], batches[1][0])
