import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.data.labeled import LabeledImages
from edge_siamese_converter.recipes.siamese import SiameseRecipe
from edge_siamese_converter.tasks.siamese.batches import PairBatches
from edge_siamese_converter.tasks.siamese.network import SiameseNetwork, build
from edge_siamese_converter.tasks.siamese.training import (
    BOTTLENECKS,
    metrics_of,
    scored,
    train_siamese,
    verification_pairs,
)
from edge_siamese_converter.training.loop import BEST, read_log
from edge_siamese_converter.training.samplers import create_sampler


def stripes(classes: int, each: int = 6, *, first: int = 0) -> LabeledImages:
    """Classes of noisy stripes, each of an angle and frequency of its own."""
    rng = np.random.default_rng(first)
    y, x = np.mgrid[:64, :64] / 64
    images, names = [], []
    for number in range(first, first + classes):
        angle, waves = number * 2.4, 2 + number % 5
        for _ in range(each):
            wave = np.sin(2 * np.pi * (waves * (x * np.cos(angle) + y * np.sin(angle)) + rng.uniform(0, 0.2)))
            images.append(np.clip(128 + 70 * wave + rng.normal(0, 25, (64, 64)), 0, 255).astype(np.uint8)[..., None])
            names.append(f"class{number:03}")
    return LabeledImages(np.stack(images), names, [f"{name}/{place}.png" for place, name in enumerate(names)])


def recipe(**changes: Any) -> SiameseRecipe:
    content: dict[str, Any] = {
        "task": "siamese",
        "summary": "stripes",
        "data": {"preparation": {"size": [64, 64], "channels": 1, "align": "none"}},
        "network": {"name": "hani"},
        "normalization": {"name": "min-max"},
        "loss": {"name": "contrastive-squared", "distance": "squared_l2"},
        "similarity": "squared_l2",
        "training": {"epochs": 3, "batch_size": 20, "optimizer": {"learning_rate": 2e-3}},
    }
    return SiameseRecipe.model_validate(content | changes)


def no_weights(name: str, network: Any) -> None:
    raise AssertionError(f"the recipe names no weights, but {name!r} was asked for")


def trained(expected: SiameseRecipe, folder: Path, classes: int = 12) -> SiameseNetwork:
    training, validation = stripes(classes), stripes(6, first=100)
    model = build(expected, training.images, no_weights)
    train_siamese(expected, model, training, validation, folder)
    return model


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {
            "head": {"name": "difference-sigmoid", "options": {"hidden": 16}},
            "loss": {"name": "binary-crossentropy"},
            "training": {
                "epochs": 3,
                "batch_size": 20,
                "optimizer": {"learning_rate": 2e-3, "schedule": "cosine"},
                "ema_momentum": 0.9,
            },
        },
        {
            "loss": {"name": "arcface", "options": {"scale": 16}},
            "sampler": {"name": "by-class", "options": {"classes": 6, "images": 4}},
            "similarity": "cosine",
            "augmentation": {"name": "image"},
        },
    ],
    ids=["contrastive", "head", "arcface"],
)
def test_it_learns_to_tell_classes_it_never_saw(tmp_path: Path, changes: dict[str, Any]) -> None:
    expected = recipe(**changes)
    model = trained(expected, tmp_path)
    unseen = stripes(6, first=200)
    pairs = verification_pairs(unseen.labels())
    raw = build(expected, stripes(12).images, no_weights)
    before, after = (scored(one, one.embed(unseen.images), pairs).auc for one in (raw, model))
    assert after > max(before, 0.8)


def test_the_best_epoch_is_kept(tmp_path: Path) -> None:
    model = trained(recipe(training={"epochs": 4, "batch_size": 20, "optimizer": {"learning_rate": 0.05}}), tmp_path)
    validation = stripes(6, first=100)
    pairs = verification_pairs(validation.labels())
    metrics = metrics_of(scored(model, model.embed(validation.images), pairs))
    assert metrics["auc"] == pytest.approx(max(line["auc"] for line in read_log(tmp_path)), abs=1e-4)


def test_the_last_epoch_is_kept_where_the_recipe_says_so(tmp_path: Path) -> None:
    training: dict[str, Any] = {
        "epochs": 2,
        "batch_size": 20,
        "ema_momentum": 0.9,
        "optimizer": {"learning_rate": 2e-3},
        "keep": "last",
    }
    model = trained(recipe(training=training), tmp_path)
    assert not (tmp_path / BEST).exists()
    validation = stripes(6, first=100)
    pairs = verification_pairs(validation.labels(), validation.content_digests)
    metrics = metrics_of(scored(model, model.embed(validation.images), pairs))
    assert metrics["auc"] == pytest.approx(float(read_log(tmp_path)[-1]["auc"]), abs=1e-6)


def test_a_frozen_network_stays_and_its_head_learns(tmp_path: Path) -> None:
    expected = recipe(
        network={"name": "hani", "frozen": True},
        head={"name": "difference-softmax", "options": {"hidden": 16}},
        loss={"name": "false-positive-weighted"},
        sampler={"name": "per-class", "options": {"pairs": 10}},
    )
    model = trained(expected, tmp_path)
    clean = build(expected, stripes(12).images, no_weights)
    for mine, theirs in zip(model.network.get_weights(), clean.network.get_weights(), strict=True):
        assert np.array_equal(mine, theirs)
    heads = (model.comparison.head.get_weights(), clean.comparison.head.get_weights())
    assert any(not np.array_equal(*pair) for pair in zip(*heads, strict=True))


def test_what_a_frozen_network_gives_is_computed_once_for_one_normalization(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = {
        "network": {"name": "hani", "frozen": True},
        "head": {"name": "difference-sigmoid", "options": {"hidden": 16}},
        "loss": {"name": "binary-crossentropy"},
        "training": {"epochs": 1, "batch_size": 20, "optimizer": {"learning_rate": 2e-3}},
    }
    trained(recipe(**frozen), tmp_path / "first")
    asked: list[int] = []
    embed = SiameseNetwork.embed

    def counting(model: SiameseNetwork, images: Any) -> Any:
        asked.append(len(images))
        return embed(model, images)

    monkeypatch.setattr(SiameseNetwork, "embed", counting)
    for name in ("again", "otherwise"):
        (tmp_path / name).mkdir()
        shutil.copy(tmp_path / "first" / BOTTLENECKS, tmp_path / name)
    trained(recipe(**frozen), tmp_path / "again")
    assert asked == []
    trained(recipe(**frozen, normalization={"name": "unit"}), tmp_path / "otherwise")
    assert sum(asked) == 12 * 6 + 6 * 6


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"sampler": {"name": "by-class"}},
            "loss contrastive-squared learns from pairs, the sampler by-class gives batches",
        ),
        ({"loss": {"name": "binary-crossentropy"}}, "loss binary-crossentropy needs a head"),
        ({"loss": {"name": "contrastiv"}}, "unknown loss 'contrastiv'.*contrastive"),
        ({"network": {"name": "hani", "options": {"depth": 3}}}, "network hani: unknown option 'depth'"),
    ],
)
def test_parts_that_do_not_go_together_get_one_sentence(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        trained(recipe(**changes), tmp_path)


def test_many_images_are_judged_on_a_balanced_sample_of_pairs() -> None:
    labels = np.repeat(np.arange(30), 30)
    few, many = verification_pairs(labels[:60]), verification_pairs(labels, maximum=2000)
    assert (len(few.is_genuine), few.is_genuine.sum()) == (60 * 59 // 2, 2 * 30 * 29 // 2)
    assert (len(many.is_genuine), many.is_genuine.sum()) == (2000, 1000)


def test_hard_impostors_are_looked_for_before_every_epoch() -> None:
    images = stripes(6)
    embeddings = np.random.default_rng(0).normal(size=(len(images), 4)).astype(np.float32)
    asked = []

    def embed() -> np.ndarray:
        asked.append(len(asked))
        return embeddings

    def batches(sampler: str, **options: Any) -> PairBatches:
        made = create_sampler(sampler, images.labels(), **options)
        return PairBatches(images.images, made, 20, prepare=lambda chosen: chosen.astype(np.float32), embed=embed)

    hard, plain = batches("hard-negatives", nearest=3), batches("all-genuine")
    assert (len(hard), asked) == (len(plain), [0])
    cosines = [
        np.mean([np.dot(*embeddings[pair]) / np.prod(np.linalg.norm(embeddings[pair], axis=1)) for pair in each])
        for each in (one.pairs.index[~one.pairs.is_genuine] for one in (hard, plain))
    ]
    assert cosines[0] > cosines[1] + 0.2
    hard.on_epoch_end()
    assert asked == [0, 1]
