"""Load, prepare and split the data of a recipe, and select the pairs to evaluate."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from edge_siamese.errors import DataError
from edge_siamese.evaluation.pairs_file import parse_pairs_file

from ...data.labeled import LabeledImages
from ...data.sources import drawers, load_source, pairs_text
from ...data.splits import Split, choose_validation, split_classes, split_units
from ...recipes.siamese import SiameseRecipe

Labels = npt.NDArray[np.int64]
_CLASSES = {"omniglot": "characters"}


@dataclass(frozen=True, eq=False)
class DataSplits:
    """Training, validation and test data of a run.

    Attributes:
        split: training, validation and test images.
        source: text that describes the source.
        classes: plural noun for the classes, such as "people".
        protocol: sentence that describes the evaluated pairs.
        skipped: path of each skipped file -> reason.
        listed_pairs: int64 ``(P, 2)`` indices of the test images and the fold of each pair; None for all pairs.
        drawers: drawer of each test image of characters, or None.
    """

    split: Split
    source: str
    classes: str
    protocol: str
    skipped: dict[str, str]
    listed_pairs: Labels | None = None
    listed_folds: Labels | None = None
    drawers: list[str] | None = None

    @property
    def training(self) -> LabeledImages:
        return self.split.training

    @property
    def validation(self) -> LabeledImages:
        return self.split.validation

    @property
    def test(self) -> LabeledImages:
        return self.split.test


def load_splits(recipe: SiameseRecipe, data: Path | None, *, max_classes: int | None = None) -> DataSplits:
    """Load and split the data of a recipe.

    Args:
        recipe: the recipe.
        data: folder or archive; None downloads.
        max_classes: maximum number of classes, chosen evenly.

    Raises:
        DataError: the data does not fit the recipe.
    """
    columns = (SpinnerColumn(), TextColumn("reading images: {task.completed:,.0f}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("")
        images = load_source(
            recipe.data.kind, data, recipe.data.preparation, merge_top=recipe.data.merge_top,
            progress=lambda count: progress.update(task, completed=count),
        )  # fmt: skip
    skipped = images.skipped
    if max_classes is not None and len(images.classes) > max_classes:
        images = _thinned(images, max_classes)
    classes = _CLASSES.get(recipe.data.kind, "people")
    source = f"{recipe.data.kind}, {data.name}" if data else recipe.data.kind
    if recipe.split.test_folds:
        return _by_folds(recipe, images, data, source, skipped)
    if recipe.split.test_groups:
        split = _by_groups(recipe, images)
    else:
        expected = recipe.split
        split = split_classes(
            images, test=expected.test, validation=expected.validation, seed=expected.seed,
            min_images=expected.min_images,
        )  # fmt: skip
    test = split.test
    disclosure = "none of them was trained on" + ("" if recipe.split.test else "; they also served as validation")
    of = f" of {len(set(test.groups))} alphabets" if test.groups else ""
    protocol = f"every image of {len(test.classes)} {classes}{of} against every other; {disclosure}"
    return DataSplits(split, source, classes, protocol, skipped, drawers=drawers(test) if test.groups else None)


def _thinned(images: LabeledImages, classes: int) -> LabeledImages:
    """Choose classes evenly, at least two of each group if there are groups."""
    names = images.classes
    kept = {names[place] for place in np.linspace(0, len(names) - 1, classes).round().astype(int)}
    return images.where(np.array([name in kept for name in images.names], bool))


def _by_groups(recipe: SiameseRecipe, images: LabeledImages) -> Split:
    groups = sorted(set(images.groups or []))
    test = [group for group in groups if group.startswith(recipe.split.test_groups)]
    others = [group for group in groups if group not in test]
    if not test or not others:
        raise DataError(
            f"split.test_groups: expected groups that begin with '{recipe.split.test_groups}' and others, found "
            f"{len(test)} and {len(others)}"
        )
    validation = choose_validation(others, recipe.split.validation, recipe.split.seed)
    return split_units(images, test, validation, min_images=recipe.split.min_images)


def _by_folds(
    recipe: SiameseRecipe, images: LabeledImages, data: Path | None, source: str, skipped: dict[str, str]
) -> DataSplits:
    """Split by folds of ``pairs.txt``; the listed pairs of these folds are evaluated."""
    text = pairs_text(recipe.data.kind, data)
    listed = parse_pairs_file(text).of_folds(recipe.split.test_folds)
    test = sorted(listed.people & set(images.names))
    validation = choose_validation(_able(recipe, images, set(test)), recipe.split.validation, recipe.split.seed)
    split = split_units(images, test, validation, min_images=recipe.split.min_images)
    pairs, folds = listed.indices(split.test.paths)
    labels = ", ".join(map(str, recipe.split.test_folds))
    missing = len(listed.fold) - len(folds)
    without = f"; {missing} of them show a photo without a face and are left out" if missing else ""
    protocol = f"the {len(listed.fold):,} listed pairs of folds {labels}{without}; none of these people was trained on"
    return DataSplits(split, source, "people", protocol, skipped, pairs, folds)


def _able(recipe: SiameseRecipe, images: LabeledImages, test: set[str]) -> list[str]:
    return [
        name for name, count in images.counts().items() if name not in test and count >= max(recipe.split.min_images, 2)
    ]
