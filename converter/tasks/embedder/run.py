"""Train an embedder by distillation on a teacher folder, by a recipe."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError

from ...augmentation.image import create_augmentation
from ...checkpoints import load_description, load_weights
from ...data.mixup import Mixtures, mixture_targets
from ...data.teacher import TEACHER_NETWORK, load_teacher_faces, project
from ...data.teacher_network import TeacherNetwork
from ...networks.mobilenetv3 import build_twin
from ...quantization.parity import verification_metrics
from ...recipes.schema import EmbedderPhase, EmbedderRecipe, Faces, Twin
from ...training.ema import ema_weights, keep_ema
from ...training.loop import train
from ...training.optimizers import optimizer_of
from ...training.precision import arithmetic
from ..rendered_people import rendered_faces
from .channel_selection import narrow
from .distillation import DistillationBatches, Distiller, FaceSource
from .wccn import normalized

VIEWS_OF_RENDERED = 6


def distill(data: Path, folder: Path, recipe: EmbedderRecipe, *, initial: Path | None = None) -> Any:
    """Train the twin on a teacher folder and return it.

    Args:
        data: teacher folder (`data.teacher`); a recipe with mixup needs its ``teacher.onnx``.
        folder: run folder, with a subfolder for each phase; an interrupted run resumes.
        recipe: the recipe.
        initial: initial weights of the same network or of a wider one (`channel_selection`); None for random ones.

    Raises:
        DataError: `data` is not a valid teacher folder, or WCCN is on and no training person has two crops.
    """
    faces = load_teacher_faces(data, recipe.network.dimension)
    with arithmetic(recipe.precision):
        network = build_twin(**recipe.network.model_dump())
    if initial:
        _begin(network, recipe.network, initial)
    learned = ~faces.validation
    crops, targets = faces.crops[learned], faces.targets[learned]
    names = np.asarray(faces.identities)
    labels = _labeled_people(names[learned])
    if recipe.wccn_shrinkage is not None and not (labels >= 0).any():
        raise DataError(f"{data}: wccn_shrinkage needs training people with two crops, found none")
    main = FaceSource(crops, targets, labels if recipe.faces.labeled else None)
    beside = _other_sources(main, crops, faces.directions, data, folder, recipe)
    people = 1 + max(_largest_number(source) for source in (main, *beside))
    distiller = Distiller(network, targets, people=people, temperature=recipe.temperature)
    known = np.unique(names[faces.validation], return_inverse=True)[1].astype(np.int64)

    def measure() -> dict[str, float]:
        with ema_weights(distiller, network, crops):
            return verification_metrics(network, faces.crops[faces.validation], known)

    for number, phase in enumerate(recipe.phases):
        batches = DistillationBatches(
            main, recipe.batch_size, recipe.network.dimension,
            beside=list(zip(beside, _shares(recipe.faces, phase), strict=True)), seed=recipe.seed + 1000 * number,
            augmentation=create_augmentation("camera", **phase.augmentation),
        )  # fmt: skip
        distiller.compile(optimizer=optimizer_of(phase, len(batches), recipe.weight_decay), jit_compile=False)
        distiller.build((None, *network.input_shape[1:]))
        train(
            distiller, batches, epochs=phase.epochs, folder=folder / f"phase{number + 1}",
            settings=recipe.model_dump(mode="json", exclude={"phases"})
            | {"phase": phase.model_dump(), "initial": str(initial)},
            measure=measure,
        )  # fmt: skip
        keep_ema(distiller, network, crops)
    if recipe.wccn_shrinkage is None:
        return network
    return normalized(network, crops[labels >= 0], labels[labels >= 0], recipe.wccn_shrinkage)


def _begin(network: Any, arguments: Twin, initial: Path) -> None:
    """Load initial weights, or select channels if they are of a wider network."""
    described = load_description(initial)
    if not described or Twin.model_validate(described) == arguments:
        load_weights(initial, network)
        return
    wider = Twin.model_validate(described)
    if wider.model_copy(update={"width": arguments.width}) != arguments:
        raise DataError(f"{initial}: expected weights of {arguments!r}, of any width, found those of {wider!r}")
    wide = build_twin(**wider.model_dump())
    load_weights(initial, wide)
    narrow(wide, network)


def _labeled_people(identities: npt.NDArray[np.str_]) -> npt.NDArray[np.int64]:
    """Number the people with two or more crops from 0; all others are -1."""
    names, places, counts = np.unique(identities, return_inverse=True, return_counts=True)
    several = (names != "") & (counts >= 2)
    return np.where(several, np.cumsum(several) - 1, -1)[places]


def _other_sources(
    main: FaceSource,
    crops: npt.NDArray[np.uint8],
    directions: npt.NDArray[np.float32],
    data: Path,
    folder: Path,
    recipe: EmbedderRecipe,
) -> list[FaceSource]:
    sources = []
    expected = recipe.faces
    if expected.mixtures:
        mixtures = Mixtures(crops, expected.mixtures)
        # The teacher is loaded only if its targets are not in the cache.
        targets = mixture_targets(
            mixtures,
            lambda crops: (project(row, directions) for row in TeacherNetwork(data / TEACHER_NETWORK)(crops)),
            folder / "mixtures.npz",
        )
        sources.append(FaceSource(mixtures, targets))
    if expected.rendered_people:
        crops, people = rendered_faces(expected.rendered_people, VIEWS_OF_RENDERED)
        sources.append(FaceSource(crops, people=people + 1 + _largest_number(main)))
    return sources


def _shares(faces: Faces, phase: EmbedderPhase) -> list[float]:
    """Return the batch shares of `_other_sources`."""
    mixtures = faces.mixture_share if phase.mixture_share is None else phase.mixture_share
    return [mixtures] * bool(faces.mixtures) + [faces.rendered_share] * bool(faces.rendered_people)


def _largest_number(source: FaceSource) -> int:
    return -1 if source.people is None else int(source.people.max())
