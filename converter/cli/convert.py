"""``edge-siamese convert``: float weights to a self-describing int8 .tflite, through the parity gate."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.options import json_option
from edge_siamese.cli.output import emit_json, table

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ..conversion import LabelledCrops


_CROPS_TO_LEARN_FROM = 10_000


def _multiple_of_32(_: click.Context, parameter: click.Parameter, value: int | None) -> int | None:
    if value is not None and value % 32:
        raise click.BadParameter(f"expected a multiple of 32, found {value}", param=parameter)
    return value


@click.command()
@click.argument("weights", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The .tflite to write.")
@click.option("--task", type=click.Choice(["embedder", "detector"]), default="embedder", show_default=True)
@click.option(
    "--input-size",
    type=click.IntRange(64),
    callback=_multiple_of_32,
    help="Side of the detector's input, a multiple of 32.  [default: 256]",
)
@click.option(
    "--float",
    "float_output",
    type=click.Path(path_type=Path),
    help="Write the float embedder too, for evaluate --against.",
)
@click.option(
    "--aware-steps",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Fine-tune the embedder for int8 by so many batches of 32; 400 are usual.",
)
@click.option("--name", help="Name in the model card.")
@click.option(
    "--license", "license_", default="unstated", show_default=True, help="Licence of the weights, for the card."
)
@click.option("--training", default="", help="How the weights came to be, for the card.")
@json_option
def convert(
    weights: Path,
    data: Path,
    output: Path,
    task: str,
    input_size: int | None,
    float_output: Path | None,
    aware_steps: int,
    name: str | None,
    license_: str,
    training: str,
    as_json: bool,
) -> None:
    """Quantise WEIGHTS (.npz of a run) to int8 with pictures of DATA.

    For the embedder DATA is a teacher folder, or a folder or zip of <person>/<photo>; the people kept back from training
    measure parity and operating points. For the detector it is the zip it was trained on.
    """
    if input_size and task == "embedder":
        raise click.UsageError("--input-size is for --task detector: an embedder's input is the 112 x 112 aligned crop")
    if (float_output or aware_steps) and task == "detector":
        raise click.UsageError("--float and --aware-steps are for --task embedder")
    card: dict[str, Any] = {
        "name": name or weights.stem, "license": license_, "training": {"summary": training} if training else {}
    }  # fmt: skip
    if task == "embedder":
        from ..conversion import convert_embedder, describe_parity, write_float
        from ..fine_tuning import load_twin

        network = load_twin(weights)
        if float_output:
            write_float(network, float_output)
        parity = convert_embedder(network, *_embedder_data(data, aware_steps), output, aware_steps=aware_steps, **card)
        report: dict[str, Any] = {"output": str(output), "parity": parity.to_json()}
        text = table(describe_parity(parity), header=("parity gate passed", "float", "int8"))
    else:
        from ..checkpoints import load_weights
        from ..conversion import convert_detector
        from ..datasets.detection import load_detector_inputs
        from ..networks.detector import INPUT_SIZE, build_detector

        network = build_detector()
        load_weights(weights, network)
        convert_detector(network, load_detector_inputs(data, input_size or INPUT_SIZE), output, **card)
        report, text = {"output": str(output), "parity": None}, ""
    if as_json:
        emit_json("convert", report)
    else:
        click.echo("\n".join(filter(None, [text, f"{output}: {output.stat().st_size:,} bytes"])))


def _embedder_data(data: Path, aware_steps: int) -> "tuple[npt.NDArray[np.uint8], LabelledCrops]":
    """Crops to calibrate on, more of them where they are learnt from, and validation people."""
    import numpy as np

    from edge_siamese.albums import Album
    from edge_siamese.engine import FaceEngine

    from ..conversion import LabelledCrops
    from ..datasets.people import align_album, split_people
    from ..datasets.teacher import load_teacher_faces, load_training_crops
    from ..quantisation.ptq import CALIBRATION_PICTURES

    if (data / "faces.csv.gz").exists():
        faces = load_teacher_faces(data, 256, validation_only=True)
        numbers = np.unique(faces.identities, return_inverse=True)[1].astype(np.int64)
        wanted = _CROPS_TO_LEARN_FROM if aware_steps else CALIBRATION_PICTURES
        return load_training_crops(data, wanted), LabelledCrops(faces.crops, numbers, faces.digest)
    with FaceEngine.default() as engine:
        training, validation = split_people(align_album(Album(data), engine))
    return training.crops, LabelledCrops(validation.crops, validation.numbers(), validation.digest)
