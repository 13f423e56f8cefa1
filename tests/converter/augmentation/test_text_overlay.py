import numpy as np

from edge_siamese_converter.augmentation.text_overlay import written_over

GRAY = np.full((128, 160, 3), 128, np.uint8)


def test_something_is_drawn_on_a_copy():
    changed = [written_over(GRAY, np.random.default_rng(seed)) for seed in range(30)]
    assert {image.shape for image in changed} == {GRAY.shape}
    assert {image.dtype for image in changed} == {np.dtype(np.uint8)}
    assert sum((image != GRAY).any() for image in changed) >= 28  # a line may lie outside
    assert (GRAY == 128).all()


def test_some_grounds_are_plain_and_others_are_the_images():
    texture = np.random.default_rng(0).integers(0, 256, (128, 160, 3), np.uint8)
    kept = [(written_over(texture, np.random.default_rng(seed)) == texture).all(axis=2).mean() for seed in range(40)]
    plain = sum(share < 0.1 for share in kept)
    assert 8 <= plain <= 26


def test_the_same_generator_writes_the_same():
    first, second = (written_over(GRAY, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
