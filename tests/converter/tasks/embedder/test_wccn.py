import numpy as np
import pytest

from edge_siamese.embedding import unit_rows
from edge_siamese.errors import DataError
from edge_siamese.evaluation.metrics import all_pairs, error_curve
from edge_siamese_converter.embeddings import float_outputs
from edge_siamese_converter.networks.mobilenetv3 import build_twin
from edge_siamese_converter.tasks.embedder.wccn import (
    normalized,
    normalizing_matrix,
    with_turned_outputs,
    within_class_covariance,
)


@pytest.fixture(scope="module")
def crops():
    return np.random.default_rng(1).integers(0, 256, (24, 112, 112, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def network(crops):
    """An untrained twin whose outputs for the crops vary by about one."""
    network = build_twin(table="small", dimension=16, width=0.25)
    (kernel,) = network.get_layer("embedding").get_weights()
    network.get_layer("embedding").set_weights([kernel / float_outputs(network, crops).std()])
    rng = np.random.default_rng(0)
    moments = rng.normal(size=16), rng.uniform(0.5, 2, 16)
    network.get_layer("embedding_bn").set_weights([rng.uniform(0.5, 2, 16), rng.normal(size=16), *moments])
    return network


def test_covariance_is_that_of_the_deviations_from_each_persons_mean():
    rows = np.array([[1.0, 0.0], [3.0, 0.0], [5.0, 1.0], [5.0, 3.0], [9.0, 9.0], [7.0, -7.0]])
    people = np.array([4, 4, 2, 2, 8, -1])  # 8 has one image, the last is nobody known
    # two deviations of 1 along each axis; four rows about two means leave two degrees of freedom
    np.testing.assert_allclose(within_class_covariance(rows, people), np.eye(2))


def test_unknown_people_are_not_one_person():
    with pytest.raises(DataError, match="expected a person with two images"):
        within_class_covariance(np.eye(3), np.array([-1, -1, 0]))


def test_full_normalization_makes_the_scatter_even():
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(6, 6))
    people = np.repeat(np.arange(300), 4)
    rows = rng.normal(size=(1200, 6)) @ mixing
    matrix = normalizing_matrix(within_class_covariance(rows, people), 0)
    even = within_class_covariance(rows @ matrix, people)
    np.testing.assert_allclose(even, np.eye(6) * even[0, 0], atol=1e-4 * even[0, 0])


def test_much_shrinkage_changes_next_to_nothing():
    covariance = np.diag([1.0, 4.0, 9.0])
    np.testing.assert_allclose(normalizing_matrix(covariance, 1e6), np.eye(3), atol=1e-5)


def test_people_who_scatter_unevenly_are_distinguished_better():
    rng = np.random.default_rng(0)
    scatter = np.repeat([2.0, 0.3], 16)

    def faces(count):
        people = np.repeat(np.arange(count), 4)
        return unit_rows(rng.normal(size=(count, 32))[people] + rng.normal(size=(4 * count, 32)) * scatter), people

    matrix = normalizing_matrix(within_class_covariance(*faces(200)), 0.1)
    rows, people = faces(100)
    turned = unit_rows(rows @ matrix)
    before, after = (error_curve(*all_pairs(each @ each.T, people)).auc for each in (rows, turned))
    assert after > before + 0.05


def test_turned_network_answers_the_centered_product(network, crops):
    matrix = np.random.default_rng(2).normal(size=(16, 16))
    outputs = float_outputs(network, crops)
    turned = with_turned_outputs(network, matrix, outputs)
    expected = (outputs - outputs.mean(axis=0)) @ matrix
    np.testing.assert_allclose(float_outputs(turned, crops), expected, rtol=1e-3, atol=1e-3)


def test_turned_normalization_knows_the_moments_of_what_it_sees(network, crops):
    outputs = float_outputs(network, crops)
    turned = with_turned_outputs(network, np.random.default_rng(2).normal(size=(16, 16)), outputs)
    gamma, beta, _, _ = turned.get_layer("embedding_bn").get_weights()
    answers = float_outputs(turned, crops)
    np.testing.assert_allclose(answers.mean(axis=0), beta, atol=1e-3)
    np.testing.assert_allclose(beta, 0, atol=1e-6)
    np.testing.assert_allclose(answers.std(axis=0), gamma, rtol=1e-2)


def test_normalized_leaves_the_given_network_alone(network, crops):
    before = float_outputs(network, crops)
    people = np.repeat(np.arange(8), 3)
    after = float_outputs(normalized(network, crops, people, 1.0), crops)
    np.testing.assert_array_equal(float_outputs(network, crops), before)
    assert not np.allclose(after, before, atol=1e-2)
