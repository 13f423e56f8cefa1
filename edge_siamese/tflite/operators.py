"""Names and option tables of the operators in the published TFLite schema.

Only operators that image networks use have option tables here; the others are read without options.
"""

import struct
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from .flatbuffer import Table

Option = int | float | bool | str | tuple[int, ...]

# In the order of their codes, from 0.
BUILTIN_OPERATORS = tuple(
    """
    ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE EMBEDDING_LOOKUP FLOOR
    FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D LOCAL_RESPONSE_NORMALIZATION LOGISTIC LSH_PROJECTION
    LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1 RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX SPACE_TO_DEPTH SVDF TANH
    CONCAT_EMBEDDINGS SKIP_GRAM CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD UNIDIRECTIONAL_SEQUENCE_RNN GATHER
    BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE
    BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT LOG_SOFTMAX DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM CAST PRELU MAXIMUM
    ARG_MAX MINIMUM LESS NEG PADV2 GREATER GREATER_EQUAL LESS_EQUAL SELECT SLICE SIN TRANSPOSE_CONV SPARSE_TO_DENSE TILE
    EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT RSQRT SHAPE POW ARG_MIN FAKE_QUANT REDUCE_PROD REDUCE_MAX PACK LOGICAL_OR
    ONE_HOT LOGICAL_AND LOGICAL_NOT UNPACK REDUCE_MIN FLOOR_DIV REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE
    RESIZE_NEAREST_NEIGHBOR LEAKY_RELU SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V UNIQUE CEIL REVERSE_V2 ADD_N GATHER_ND
    COS WHERE RANK ELU REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG ROUND HARD_SWISH IF WHILE
    NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM BATCH_MATMUL
    PLACEHOLDER_FOR_GREATER_OP_CODES CUMSUM CALL_ONCE BROADCAST_TO RFFT2D CONV_3D IMAG REAL COMPLEX_ABS HASHTABLE
    HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL CONV_3D_TRANSPOSE VAR_HANDLE READ_VARIABLE ASSIGN_VARIABLE
    BROADCAST_ARGS RANDOM_STANDARD_NORMAL BUCKETIZE RANDOM_UNIFORM MULTINOMIAL GELU DYNAMIC_UPDATE_SLICE RELU_0_TO_1
    UNSORTED_SEGMENT_PROD UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_SUM ATAN2 UNSORTED_SEGMENT_MIN SIGN BITCAST BITWISE_XOR
    RIGHT_SHIFT
    """.split()  # noqa: SIM905
)
CUSTOM = "CUSTOM"

_ACTIVATIONS = ("NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT")
_PADDINGS = ("SAME", "VALID")
_MIRRORS = ("REFLECT", "SYMMETRIC")

# Each field is "name:type" or "name:type=default" in the order of the schema, "-" for one that is not read. Types are
# int, bool, float, ints (a vector), and the enumerations pad, act and mirror.
_CONVOLUTION = "padding:pad stride_w:int stride_h:int"
_POOL = f"{_CONVOLUTION} filter_width:int filter_height:int activation:act"
_FIELDS = {
    "CONV_2D": f"{_CONVOLUTION} activation:act dilation_w:int=1 dilation_h:int=1",
    "DEPTHWISE_CONV_2D": f"{_CONVOLUTION} depth_multiplier:int activation:act dilation_w:int=1 dilation_h:int=1",
    "TRANSPOSE_CONV": f"{_CONVOLUTION} activation:act",
    "FULLY_CONNECTED": "activation:act weights_format:int keep_num_dims:bool asymmetric_quantize_inputs:bool",
    "AVERAGE_POOL_2D": _POOL,
    "MAX_POOL_2D": _POOL,
    "L2_POOL_2D": _POOL,
    "ADD": "activation:act",
    "SUB": "activation:act",
    "MUL": "activation:act",
    "DIV": "activation:act",
    "L2_NORMALIZATION": "activation:act",
    "CONCATENATION": "axis:int activation:act",
    "MEAN": "keep_dims:bool",
    "SUM": "keep_dims:bool",
    "REDUCE_MAX": "keep_dims:bool",
    "REDUCE_MIN": "keep_dims:bool",
    "REDUCE_PROD": "keep_dims:bool",
    "RESHAPE": "new_shape:ints",
    "SQUEEZE": "squeeze_dims:ints",
    "RESIZE_BILINEAR": "- - align_corners:bool half_pixel_centers:bool",
    "RESIZE_NEAREST_NEIGHBOR": "align_corners:bool half_pixel_centers:bool",
    "SOFTMAX": "beta:float",
    "LEAKY_RELU": "alpha:float",
    "GELU": "approximate:bool",
    "STRIDED_SLICE": "begin_mask:int end_mask:int ellipsis_mask:int new_axis_mask:int shrink_axis_mask:int offset:bool",
    "SPLIT": "num_splits:int",
    "PACK": "values_count:int axis:int",
    "UNPACK": "num:int axis:int",
    "GATHER": "axis:int batch_dims:int",
    "MIRROR_PAD": "mode:mirror",
    "DEPTH_TO_SPACE": "block_size:int",
    "SPACE_TO_DEPTH": "block_size:int",
    "BATCH_MATMUL": "adj_x:bool adj_y:bool asymmetric_quantize_inputs:bool",
}


def operator_name(number: int) -> str:
    """Name of a builtin operator; ``"BUILTIN_<number>"`` for an unknown number."""
    return BUILTIN_OPERATORS[number] if 0 <= number < len(BUILTIN_OPERATORS) else f"BUILTIN_{number}"


def read_options(kind: str, table: Table | None) -> Mapping[str, Option]:
    """Read the option table of an operator.

    Args:
        kind: name of the operator.
        table: its option table; None gives every option its default.

    Returns:
        Values by their names in the schema, with `activation` for ``fused_activation_function`` and `dilation_w` for
        ``dilation_w_factor``. Enumerations are their names.

    Raises:
        ValueError: an enumeration has an unknown value.
    """
    options: dict[str, Option] = {}
    for field, declaration in enumerate(_FIELDS.get(kind, "").split()):
        if declaration != "-":
            name, _, form = declaration.partition(":")
            options[name] = _read(table, field, form)
    return MappingProxyType(options)


def _read(table: Table | None, field: int, form: str) -> Option:
    form, _, default = form.partition("=")
    if form == "ints":
        return tuple(np.frombuffer(table.octets(field, 4), "<i4").tolist()) if table else ()
    if form == "float":  # through its bits, as `Table.number` gives integers
        bits = table.number(field, "<I") if table else 0
        return float(struct.unpack("<f", struct.pack("<I", bits))[0])
    if form == "int":
        return table.number(field, "<i", int(default or 0)) if table else int(default or 0)
    number = table.number(field, "<b") if table else 0
    return bool(number) if form == "bool" else _member(form, number)


def _member(form: str, number: int) -> str:
    names = {"pad": _PADDINGS, "act": _ACTIVATIONS, "mirror": _MIRRORS}[form]
    if not 0 <= number < len(names):
        raise ValueError(f"{number} is no value of the enumeration {form}")
    return names[number]
