"""Pack teacher folders, a recipe and initial weights into a training job."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from edge_siamese.errors import DataError

from ....data.teacher import TEACHER_NETWORK, load_teacher_faces
from ....networks.embedder import build_embedder
from ....recipes.schema import EmbedderPhase, EmbedderRecipe
from ..run import begin
from ..teacher_cut import load_teacher, table_of
from .augmentation_options import DeviceAugmentation
from .job import write_job
from .settings import JobPhase, JobSettings

_EFFECTS = (
    "flip",
    "rotation_degrees",
    "scale",
    "shift_pixels",
    "light",
    "gray",
    "low_resolution",
    "blur",
    "jpeg",
    "occlusion",
)


def pack_job(
    data: Sequence[Path], folder: Path, recipe: EmbedderRecipe, *, initial: Path | None = None, license: str = ""
) -> list[Path]:
    """Write the training job of a recipe.

    Epochs become numbers of images. The teacher answers for every image, so mixtures are made while training and
    rendered people and labels are not used.

    Args:
        data: teacher folders; the first contains ``teacher.onnx``.
        folder: the folder of the job.
        recipe: the recipe.
        initial: as for `run.distill`.
        license: license of the resulting weights.

    Returns:
        The shards of the job.

    Raises:
        DataError: a teacher folder is not valid, or the first has no teacher network.
    """
    teacher_file = data[0] / TEACHER_NETWORK
    if not teacher_file.is_file():
        raise DataError(
            f"{teacher_file}: not found; on an accelerator the teacher answers for every image", path=teacher_file
        )
    faces = load_teacher_faces(data, recipe.network.dimension)
    crops = faces.crops[~faces.validation]
    teacher = load_teacher(teacher_file)
    slopes = any(any(phase.slope_share) for phase in recipe.phases)
    student = build_embedder(recipe.network.model_dump(), activation="prelu" if slopes else "relu")
    if initial:
        begin(student, recipe, initial, crops, faces.directions)
    settings = JobSettings(
        network=recipe.network.model_dump(mode="json"),
        teacher=asdict(table_of(teacher)),
        phases=tuple(_phase(phase, recipe, len(crops)) for phase in recipe.phases),
        batch_size=recipe.batch_size,
        weight_decay=recipe.weight_decay,
        temperature=recipe.temperature,
        cosine_weight=recipe.cosine_weight,
        precision="float32" if recipe.precision == "float32" else "bfloat16",
        seed=recipe.seed,
        license=license,
    )
    return write_job(folder, data, settings, student=student, teacher=teacher, directions=faces.directions)


def _phase(phase: EmbedderPhase, recipe: EmbedderRecipe, crops: int) -> JobPhase:
    share = recipe.faces.mixture_share if phase.mixture_share is None else phase.mixture_share
    effects = {name: value for name, value in phase.augmentation.items() if name in _EFFECTS}
    return JobPhase(
        images=phase.epochs * crops,
        learning_rate=phase.learning_rate,
        warmup=phase.warmup,
        decay=phase.decay,
        optimizer=phase.optimizer,
        ema_momentum=phase.ema_momentum,
        slope_share=phase.slope_share,
        augmentation=DeviceAugmentation(**effects, mixture=share),
    )
