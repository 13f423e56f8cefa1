"""Train an embedder by distillation on a teacher folder, by a recipe."""

from collections.abc import Sequence
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
from ...networks.embedder import build_embedder, mobilefacenet_table
from ...quantization.parity import verification_metrics
from ...recipes.schema import EmbedderPhase, EmbedderRecipe, Faces, MobileFaceNet, Twin
from ...training.ema import ema_weights, keep_ema
from ...training.loop import train
from ...training.optimizers import optimizer_of
from ...training.precision import arithmetic
from ..rendered_people import rendered_faces
from .channel_selection import narrow
from .distillation import DistillationBatches, Distiller, FaceSource
from .teacher_cut import (
    SlopeAnnealing,
    copy_weights,
    cut_teacher,
    insert_batch_norm,
    load_teacher,
    turn_channels,
    without_slopes,
)
from .wccn import normalized

VIEWS_OF_RENDERED = 6
CROPS_TO_CUT_ON = 400


def distill(data: Path | Sequence[Path], folder: Path, recipe: EmbedderRecipe, *, initial: Path | None = None) -> Any:
    """Train the twin on a teacher folder and return it.

    Args:
        data: teacher folder (`data.teacher`), or several; a recipe with mixup needs the ``teacher.onnx`` of the first.
        folder: run folder, with a subfolder for each phase; an interrupted run resumes.
        recipe: the recipe.
        initial: initial weights of the same network or of a wider one (`channel_selection`), or a teacher in ONNX that a
            MobileFaceNet is cut from (`teacher_cut`); None for random ones.

    Raises:
        DataError: `data` is not a valid teacher folder, or WCCN is on and no training person has two crops.
    """
    folders = [data] if isinstance(data, Path) else list(data)
    faces = load_teacher_faces(folders, recipe.network.dimension)
    slopes = any(any(phase.slope_share) for phase in recipe.phases)
    with arithmetic(recipe.precision):
        network = build_embedder(recipe.network.model_dump(), activation="prelu" if slopes else "relu")
    learned = ~faces.validation
    crops, targets = faces.crops[learned], faces.targets[learned]
    if initial:
        begin(network, recipe, initial, crops, faces.directions)
    names = np.asarray(faces.identities)
    labels = _labeled_people(names[learned])
    if recipe.wccn_shrinkage is not None and not (labels >= 0).any():
        raise DataError(f"{folders[0]}: wccn_shrinkage needs training people with two crops, found none")
    main = FaceSource(crops, targets, labels if recipe.faces.labeled else None)
    beside = _other_sources(main, crops, faces.directions, folders[0], folder, recipe)
    people = 1 + max(_largest_number(source) for source in (main, *beside))
    distiller = Distiller(
        network, targets, people=people, temperature=recipe.temperature, cosine_weight=recipe.cosine_weight
    )
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
            | {"phase": phase.model_dump(mode="json"), "initial": str(initial)},
            measure=measure, callbacks=_slope_annealing(network, phase, len(batches)) if slopes else (),
        )  # fmt: skip
        keep_ema(distiller, network, crops)
    if slopes:
        network = without_slopes(network)
    if recipe.wccn_shrinkage is None:
        return network
    return normalized(network, crops[labels >= 0], labels[labels >= 0], recipe.wccn_shrinkage)


def begin(
    network: Any,
    recipe: EmbedderRecipe,
    initial: Path,
    crops: npt.NDArray[np.uint8],
    directions: npt.NDArray[np.float32],
) -> None:
    """Cut a teacher, load initial weights, or select channels if the weights are of a wider network."""
    arguments = recipe.network
    if initial.suffix == ".onnx":
        _begin_as_teacher(network, recipe, initial, crops, directions)
        return
    described = load_description(initial)
    if not described or described == arguments.model_dump(mode="json"):
        load_weights(initial, network)
        return
    if isinstance(arguments, MobileFaceNet) or "streams" in described:
        raise DataError(f"{initial}: expected weights of {arguments!r}, found those of {described}")
    wider = Twin.model_validate(described)
    if wider == arguments:
        load_weights(initial, network)
        return
    if wider.model_copy(update={"width": arguments.width}) != arguments:
        raise DataError(f"{initial}: expected weights of {arguments!r}, of any width, found those of {wider!r}")
    wide = build_embedder(wider.model_dump())
    load_weights(initial, wide)
    narrow(wide, network)


def _begin_as_teacher(
    network: Any,
    recipe: EmbedderRecipe,
    teacher: Path,
    crops: npt.NDArray[np.uint8],
    directions: npt.NDArray[np.float32],
) -> None:
    if not isinstance(recipe.network, MobileFaceNet):
        raise DataError(f"{teacher}: only a MobileFaceNet can begin as a teacher; this recipe's network is a twin")
    rng = np.random.default_rng(recipe.seed)
    chosen = crops[np.sort(rng.choice(len(crops), min(CROPS_TO_CUT_ON, len(crops)), replace=False))]
    table = mobilefacenet_table(recipe.network.model_dump())
    student, _ = cut_teacher(load_teacher(teacher), table, chosen, directions, seed=recipe.seed)
    turn_channels(student, chosen)
    insert_batch_norm(student, chosen)
    copy_weights(student, network)


def _slope_annealing(network: Any, phase: EmbedderPhase, steps_per_epoch: int) -> list[SlopeAnnealing]:
    steps = phase.epochs * steps_per_epoch
    return [SlopeAnnealing(network, *phase.slope_share, steps=steps, steps_per_epoch=steps_per_epoch)]


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
