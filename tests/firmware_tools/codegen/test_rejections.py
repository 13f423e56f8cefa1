"""Models that no code can be made for are rejected in one sentence that names operator and tensor."""

import contextlib

import numpy as np
import pytest

from edge_siamese.errors import DataError, ModelError, RuntimeMissingError
from edge_siamese.tflite.operators import BUILTIN_OPERATORS
from edge_siamese_firmware.codegen.generate import generate

from .builder import ModelBuilder


def _conv(model: ModelBuilder, image: int, **weights: object) -> None:
    values = np.ones([4, 1, 1, 3], np.int8)
    kernel = model.tensor([4, 1, 1, 3], **{"scale": 0.01, "values": values, **weights})  # type: ignore[arg-type]
    result = model.tensor([1, 8, 8, 4])
    model.operator("CONV_2D", [image, kernel], [result], "Conv2DOptions", padding=1, strideH=1, strideW=1)
    model.output(result)


def _unsupported(model: ModelBuilder) -> None:
    result = model.tensor([1, 8, 8, 3])
    model.operator("CUMSUM", [model.input([1, 8, 8, 3])], [result])
    model.output(result)


def _dynamic(model: ModelBuilder) -> None:
    _conv(model, model.input([1, 8, 8, 3], signature=[-1, 8, 8, 3]))


def _float(model: ModelBuilder) -> None:
    image = model.input([1, 8, 8, 3], scale=None, dtype="float32")  # type: ignore[arg-type]
    _conv(model, image)


def _asymmetric(model: ModelBuilder) -> None:
    _conv(model, model.input([1, 8, 8, 3]), zero_point=3)


def _float_weights(model: ModelBuilder) -> None:
    _conv(model, model.input([1, 8, 8, 3]), scale=None, dtype="float32")


def _batch(model: ModelBuilder) -> None:
    result = model.tensor([2, 8])
    model.operator("RELU", [model.input([2, 8])], [result])
    model.output(result)


def _grouped(model: ModelBuilder) -> None:
    _conv(model, model.input([1, 8, 8, 6]))


def _softmax(model: ModelBuilder) -> None:
    result = model.tensor([1, 8], 1 / 128, -128)
    model.operator("SOFTMAX", [model.input([1, 8])], [result], "SoftmaxOptions", beta=1.0)
    model.output(result)


def _prelu(model: ModelBuilder) -> None:
    result = model.tensor([1, 4, 4, 8])
    model.operator("PRELU", [model.input([1, 4, 4, 8]), model.input([1, 1, 8])], [result])
    model.output(result)


def _slopes_for_pixels(model: ModelBuilder) -> None:
    slopes, result = model.tensor([4, 4, 8], values=np.ones([4, 4, 8], np.int8)), model.tensor([1, 4, 4, 8])
    model.operator("PRELU", [model.input([1, 4, 4, 8]), slopes], [result])
    model.output(result)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (_unsupported, r"^CUMSUM 't0': there are no kernels for this operator$"),
        (_dynamic, r"^input 't0': the shape \(-1, 8, 8, 3\) of 't0' is open, expected constants$"),
        (_float, r"^input 't0': 't0' is FLOAT32, expected INT8: convert the network to full int8$"),
        (_asymmetric, r"^CONV_2D 't2': its weights 't1' are asymmetric \(zero points other than 0\)$"),
        (_float_weights, r"^CONV_2D 't2': its weights 't1' are FLOAT32, expected dense INT8 with scales$"),
        (_batch, r"'t1' of shape \(2, 8\) has a batch of 2, expected 1$"),
        (_softmax, r"^SOFTMAX 't0': its result has the scale 0.0078125 and zero point -128, expected 1/256 and -128$"),
        (_prelu, r"^PRELU 't0': its slopes are computed while it runs, expected constants$"),
        (
            _slopes_for_pixels,
            r"^PRELU 't1': it has slopes of \(4, 4, 8\) for \(4, 4, 8\), expected one for each channel$",
        ),
        (_grouped, r"^CONV_2D 't2': it is grouped: 3 of 6 channels make an output$"),
    ],
)
def test_a_model_is_rejected(make: object, expected: str) -> None:
    model = ModelBuilder()
    make(model)  # type: ignore[operator]
    with pytest.raises(DataError, match=expected):
        generate(model.bytes(), "net")


def test_other_bytes_are_no_model() -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        generate(b"\0" * 40, "net")


_ODD_OPERANDS = [
    {},
    {"values": np.arange(8)},
    {"scale": None, "dtype": "int32", "values": np.array([1, 2])},
    {"scale": None, "dtype": "int32", "values": np.zeros((4, 2))},
    {"scale": [0.1] * 8, "zero_point": [0] * 8, "values": np.zeros((1, 4, 4, 8)), "axis": 3},
    {"values": np.zeros((8, 8))},
]


@pytest.mark.parametrize("kind", BUILTIN_OPERATORS)
def test_any_operator_with_any_operands_gets_code_or_one_sentence(kind: str) -> None:
    """Wrong numbers of operands, shapes and types: never an error of Python."""
    for swapped in (False, True):
        for more in [None, *_ODD_OPERANDS]:
            model = ModelBuilder()
            operands = [model.input([1, 4, 4, 8])]
            if more is not None:
                shape = np.shape(more.get("values", np.zeros((1, 4, 4, 8))))
                operands.append(model.tensor(shape, **more) if more else model.input([1, 4, 4, 8]))  # type: ignore[arg-type]
            result = model.tensor([1, 4, 4, 8])
            model.operator(kind, operands[::-1] if swapped else operands, [result])
            model.output(result)
            with contextlib.suppress(DataError, RuntimeMissingError):
                generate(model.bytes(), "net")


def test_a_shape_that_the_operator_does_not_make() -> None:
    model = ModelBuilder()
    weights = model.tensor([4, 3, 3, 3], 0.01, values=np.ones([4, 3, 3, 3], np.int8))
    result = model.tensor([1, 6, 5, 4])
    model.operator(
        "CONV_2D", [model.input([1, 8, 8, 3]), weights], [result], "Conv2DOptions", padding=1, strideH=1, strideW=1
    )
    model.output(result)
    with pytest.raises(DataError, match=r"^CONV_2D 't1': it makes \(6, 6, 4\), the model says \(6, 5, 4\)$"):
        generate(model.bytes(), "net")
