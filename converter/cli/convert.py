"""``edge-siamese convert``: quantize a float network to a .tflite with a model card, if it passes the parity gate."""

from pathlib import Path
from typing import Any

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json, table

from .import_options import pixel_input, pixel_options


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The .tflite to write.")
@click.option("--task", type=click.Choice(["embedder", "detector"]), default="embedder", show_default=True)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["int8", "float", "float16", "dynamic", "16x8"]),
    default="int8",
    show_default=True,
    help="Number format of the .tflite; only int8 has a model card and runs with this package.",
)
@click.option(
    "--input-size",
    type=click.IntRange(64),
    help="Input side: of the detector a multiple of 32 [default: 320], or of an imported network without a fixed size.",
)
@click.option(
    "--float",
    "float_output",
    type=click.Path(path_type=Path),
    help="Also write the float embedder, for evaluate --baseline.",
)
@click.option(
    "--aware-steps",
    type=click.IntRange(0),
    help="Equalize the channels of the embedder, choose the ranges of least error, and fine-tune for so many batches of 32; 400 is usual, 0 trains nothing.",
)
@click.option(
    "--average-flip",
    is_flag=True,
    help="Average the embeddings of a crop and its flipped copy: twice the time, fewer errors. Stored in the card.",
)
@click.option(
    "--pixel-pairs",
    is_flag=True,
    help="Read pixels in pairs in the first convolution: the same embeddings, faster on CPUs, slower on microcontrollers.",
)
@pixel_options
@click.option("--name", help="Name in the model card.")
@click.option(
    "--license", "license_", help="License of the weights, for the card.  [default: the one stored with them]"
)
@click.option(
    "--use",
    type=click.Choice(["research", "commercial"]),
    default="research",
    show_default=True,
    help="Use of the result; commercial rejects weights whose license does not allow it.",
)
@click.option("--training", default="", help="How the weights were trained, for the card.")
@json_option
def convert(
    model: Path,
    data: Path,
    output: Path,
    task: str,
    input_size: int | None,
    name: str | None,
    license_: str | None,
    use: str,
    training: str,
    as_json: bool,
    **options: Any,
) -> None:
    """Quantize MODEL with images of DATA.

    MODEL is the .npz of a run, or a network to import: .keras, .h5, SavedModel folder, .onnx, .pt2 (torch.export) or a
    float .tflite. For an embedder DATA is a folder, zip or tar of <person>/<photo>, or a teacher folder; parity and
    operating points are measured on people who are not used for calibration. For the detector DATA is the zip it was
    trained on.
    """
    from ..licenses import inherited, license_of_weights, require_use

    ours = model.suffix == ".npz"
    _check_options(task, ours, input_size, options)
    network = None if ours else _imported(model, input_size, options)
    model_license = inherited(network.license if network else license_of_weights(model), license_)
    require_use(model_license, use)
    card: dict[str, Any] = {
        "name": name or model.stem, "license": model_license, "training": {"summary": training} if training else {}
    }  # fmt: skip
    if task == "embedder":
        report, text = _embedder(model, network, data, output, card, options)
    else:
        report, text = _detector(model, data, output, input_size, card), ""
    if as_json:
        emit_json("convert", {"output": str(output), "format": options["format_"], "license": model_license} | report)
    else:
        click.echo("\n".join(filter(None, [text, f"{output}: {output.stat().st_size:,} bytes"])))


def _check_options(task: str, ours: bool, input_size: int | None, options: dict[str, Any]) -> None:
    """Reject options that do not apply to the task or the model."""
    if task == "detector":
        if input_size and input_size % 32:
            raise click.BadParameter(f"expected a multiple of 32, found {input_size}", param_hint="--input-size")
        embedder_only = ("float_output", "average_flip", "pixel_pairs")
        aware = options["aware_steps"] is not None
        if aware or any(options[name] for name in embedder_only) or options["format_"] != "int8":
            raise click.UsageError(
                "--float, --aware-steps, --average-flip, --pixel-pairs and --format are for --task embedder"
            )
        if not ours:
            raise click.UsageError("--task detector converts the .npz of train-detector")
    elif ours and input_size:
        raise click.UsageError(
            "--input-size is for --task detector and imported networks: the input of this embedder is the 112 x 112 aligned crop"
        )
    if options["average_flip"] and options["format_"] != "int8":
        raise click.UsageError("--average-flip is stored in the card, which only --format int8 has")
    if ours and any(options[key] for key in ("normalization", "mean", "std", "bgr")):
        raise click.UsageError("--normalization, --mean, --std and --bgr are for imported networks")


def _imported(model: Path, input_size: int | None, options: dict[str, Any]) -> Any:
    from ..importers import load_any

    pixels = pixel_input(options["normalization"], options["mean"], options["std"], options["bgr"])
    return load_any(model, pixels=pixels, input_size=input_size, onnx2tf=options["onnx2tf"])


def _embedder(
    model: Path, network: Any, data: Path, output: Path, card: dict[str, Any], options: dict[str, Any]
) -> tuple[dict[str, Any], str]:
    """Convert an embedder; return the JSON report and the table to print."""
    from ..export.conversion_data import alignment_name, load_conversion_data
    from ..export.convert import ParityError, convert_embedder, describe_layers, describe_parity, write_float
    from ..importers import KerasNetwork

    if network is None:
        from ..tasks.siamese.fine_tuning import load_twin

        network = KerasNetwork(load_twin(model), "run")
    else:
        imported = {"from": network.source, "input": network.pixels.describe()}
        if network.normalization:
            imported["normalization_found"] = network.normalization
            click.echo(
                f"{model}: computes {network.normalization} at its input; the card includes it", err=True,
            )  # fmt: skip
        card["training"]["imported"] = imported
    shape, aligned, steps = network.input_shape, options["images"] == "aligned", options["aware_steps"]
    calibration, validation = load_conversion_data(data, shape, aligned=aligned, learning=bool(steps))
    if options["float_output"]:
        write_float(network, options["float_output"])
    alignment = alignment_name(shape, aligned)
    try:
        parity = convert_embedder(
            network, calibration, validation, output,
            format=options["format_"], alignment=alignment, aware_steps=steps, average_flip=options["average_flip"],
            pixel_pairs=options["pixel_pairs"], **card,
        )  # fmt: skip
    except ParityError as error:
        header = ("worst layers", "operator", "SQNR", "lost there")
        click.echo(table(describe_layers(error.layers), header=header, align="<<>"), err=True)
        raise
    report = {"parity": parity.to_json(), "alignment": alignment, "input_shape": list(shape)}
    return report, table(describe_parity(parity), header=("parity gate passed", "float", options["format_"]))


def _detector(model: Path, data: Path, output: Path, input_size: int | None, card: dict[str, Any]) -> dict[str, Any]:
    from ..data.detection import load_detector_inputs
    from ..export.convert import convert_detector
    from ..networks.detector import INPUT_SIZE
    from ..tasks.detector.weights import load_detector

    size = input_size or INPUT_SIZE
    convert_detector(load_detector(model, size), load_detector_inputs(data, size), output, **card)
    return {"parity": None}
