"""``edge-siamese data teacher``: create a teacher folder for distillation from images and a teacher network."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge_siamese.cli.shared.galleries import note
from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json
from edge_siamese.cli.shared.progress import progress_line

from .data_options import PATH

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from edge_siamese.engine import FaceEngine
    from edge_siamese.frames import RGB

    from ..data.teacher_folder import TeacherFolderReport, TeacherFolderSettings
    from ..data.teacher_network import Teacher


@click.command("teacher")
@click.argument("images", type=PATH, required=False)
@click.option(
    "--teacher", "network", type=PATH, required=True, help="The teacher network: an .onnx, or an embedder .tflite."
)
@click.option("-o", "--output", type=PATH, required=True, help="The teacher folder; an interrupted run resumes.")
@click.option("--people", is_flag=True, help="IMAGES has a folder for each person; its name is the identity.")
@click.option("--aligned", is_flag=True, help="IMAGES are aligned crops of 112x112 already.")
@click.option("--source", help="Name of the images in the table.  [default: the name of IMAGES]")
@json_option
def teacher_folder(
    images: Path | None, network: Path, output: Path, people: bool, aligned: bool, source: str | None, as_json: bool
) -> None:
    """Create a teacher folder for 'distill': the faces of IMAGES with the embeddings of a teacher network.

    IMAGES is a folder, zip or tar; the largest face of each image is used. Without IMAGES the crops in the output folder
    get embeddings: for a folder with faces.csv.gz and its zips, but without teacher_int8.npy.
    """
    from ..data.teacher import TEACHER_NETWORK
    from ..data.teacher_folder import TeacherFolderSettings
    from ..data.teacher_network import load_teacher
    from ..data.teacher_rows import add_teacher_rows

    if images is None and (people or aligned or source):
        raise click.UsageError("--people, --aligned and --source describe IMAGES, which are missing")
    teacher = load_teacher(network)
    with progress_line("images") as show:
        if images is None:
            crops, dimension, skipped = *add_teacher_rows(output, teacher, lambda done: show(done, done)), {}
        else:
            digest = hashlib.sha256(network.read_bytes()).hexdigest()
            settings = TeacherFolderSettings(source or images.stem, digest, people, aligned)
            report = _written(images, output, teacher, settings, show)
            crops, dimension, skipped = report.crops, report.dimension, report.skipped
    if network.suffix.lower() == ".onnx" and not (output / TEACHER_NETWORK).exists():
        shutil.copy(network, output / TEACHER_NETWORK)
    for path, reason in skipped.items():
        note(f"{path}: skipped: {reason}")
    if as_json:
        body = {"output": str(output), "crops": crops, "dimension": dimension, "skipped": skipped}
        emit_json("data-teacher", body)
        return
    click.echo(f"{output}: {crops:,} crops, embeddings of {dimension} values, {len(skipped)} images skipped")


def _written(
    images: Path,
    output: Path,
    teacher: "Teacher",
    settings: "TeacherFolderSettings",
    show: Callable[[int, int], None],
) -> "TeacherFolderReport":
    from edge_siamese.engine import FaceEngine
    from edge_siamese.image_archive import ImageArchive

    from ..data.teacher_folder import archive_files, write_teacher_folder

    with ImageArchive(images) as archive, FaceEngine.default() as engine:
        return write_teacher_folder(
            archive_files(archive), output, _LargestFace(engine), teacher, settings,
            lambda done: show(done, len(archive.images)),
        )  # fmt: skip


class _LargestFace:
    """Finds the landmarks of the largest face of an image."""

    def __init__(self, engine: "FaceEngine") -> None:
        self._engine = engine

    def __call__(self, image: "RGB") -> "npt.NDArray[np.floating] | None":
        from edge_siamese.faces import largest

        face = largest(self._engine.detect(image))
        return None if face is None else face.landmarks
