"""Networks and heads by name. Listing them imports nothing; building one imports its own module.

Every builder takes a Keras tensor and gives one, with its settings as keyword-only arguments, so that what stands in
front of a network becomes part of one flat graph.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from edge_siamese.errors import DataError

from ..registry import checked_options, in_range, lookup


@dataclass(frozen=True)
class NetworkEntry:
    """An embedding network.

    Attributes:
        builder: "module:function" of this package, from images ``(N, H, W, C)`` to embeddings ``(N, D)``.
        input_shape: (height, width, channels) that it is meant for.
        dimension: D, where nothing else is asked for.
        summary: one line for people.
        source: of the design: a paper, and the public repository whose layers these are.
    """

    builder: str
    input_shape: tuple[int, int, int]
    dimension: int
    summary: str
    source: str


@dataclass(frozen=True)
class HeadEntry:
    """A learned comparison.

    Attributes:
        builder: "module:function" of this package, from absolute differences ``(N, D)`` to logits.
        outputs: logits a pair has: 1, high for the same person, or 2, "different" and "same".
        summary: one line for people.
        source: of the design.
    """

    builder: str
    outputs: int
    summary: str
    source: str


_KADENZE = "https://github.com/Kadenze/siamese_net"

NETWORKS: dict[str, NetworkEntry] = {
    "twin": NetworkEntry(
        "mobilenetv3:twin",
        (112, 112, 3),
        256,
        "this project's MobileNetV3 twin, made for int8",
        "Howard et al., ICCV 2019; Chen et al., MobileFaceNets, 2018",
    ),
    "mobilenetv3-small": NetworkEntry(
        "mobilenetv3_classic:mobilenetv3_small",
        (224, 224, 3),
        1024,
        "MobileNetV3-Small, full or minimalistic",
        "Howard et al., ICCV 2019",
    ),
    "mobilenetv3-large": NetworkEntry(
        "mobilenetv3_classic:mobilenetv3_large",
        (224, 224, 3),
        1280,
        "MobileNetV3-Large, full or minimalistic",
        "Howard et al., ICCV 2019",
    ),
    "mobilenetv2": NetworkEntry(
        "mobilenetv2:mobilenetv2",
        (224, 224, 3),
        1280,
        "MobileNetV2 with pooled features",
        "Sandler et al., CVPR 2018",
    ),
    "inception-resnet-v1": NetworkEntry(
        "inception_resnet:inception_resnet_v1",
        (160, 160, 3),
        512,
        "Inception-ResNet-v1 in FaceNet's layout, for imported weights",
        "Szegedy et al., AAAI 2017; https://github.com/davidsandberg/facenet",
    ),
    "separable-cnn": NetworkEntry(
        "published_cnns:separable_cnn",
        (60, 80, 3),
        512,
        "separable CNN for thermal faces, 171,171 parameters",
        "https://github.com/geunzz/siamese_conv_net",
    ),
    "celebrities-cnn": NetworkEntry(
        "published_cnns:celebrities_cnn",
        (80, 80, 1),
        50,
        "two-layer CNN for gray faces, 504,962 parameters",
        "https://github.com/gchoi/face-recognition-using-siamese-network",
    ),
    "resnet18-eca": NetworkEntry(
        "resnet_eca:resnet18_eca",
        (32, 32, 3),
        512,
        "ResNet18 with efficient channel attention, 11,442,314 parameters",
        "He et al., CVPR 2016; Wang et al., CVPR 2020; https://github.com/Qucy/Siamese-Network",
    ),
    "hani": NetworkEntry(
        "published_cnns:hani",
        (64, 64, 1),
        40,
        "three convolutions, 188,299 parameters",
        f"Khalil-Hani and Sung, HPCS 2014; {_KADENZE}",
    ),
    "chopra": NetworkEntry(
        "published_cnns:chopra",
        (64, 64, 1),
        40,
        "three convolutions with pooling, 468,275 parameters",
        f"Chopra, Hadsell and LeCun, CVPR 2005; {_KADENZE}",
    ),
    "custom": NetworkEntry(
        "published_cnns:custom",
        (64, 64, 1),
        40,
        "three double convolutions, 226,928 parameters",
        _KADENZE,
    ),
    "deepid": NetworkEntry(
        "published_cnns:deepid",
        (112, 112, 3),
        40,
        "four convolutions for color images of 81 pixels or more",
        f"Sun, Wang and Tang, CVPR 2014; {_KADENZE}",
    ),
}

HEADS: dict[str, HeadEntry] = {
    "difference-softmax": HeadEntry(
        "heads:difference_softmax",
        2,
        "sigmoid layer on |a - b|, two logits",
        "https://github.com/asik03/uc3m-bq-SiameseConvNet",
    ),
    "difference-sigmoid": HeadEntry(
        "heads:difference_sigmoid",
        1,
        "ReLU layer on |a - b|, one logit",
        "https://github.com/Qucy/Siamese-Network",
    ),
    "logistic": HeadEntry("heads:logistic", 1, "logistic regression on |a - b|", _KADENZE),
}


def build_network(
    name: str,
    *,
    input_shape: tuple[int, ...],
    dimension: int | None = None,
    spatial_transformer: int = 0,
    **options: Any,
) -> Any:
    """Build an embedding network with random weights.

    Args:
        name: in `NETWORKS`.
        input_shape: (height, width, channels) of the images.
        dimension: length of the embedding; None is the network's own.
        spatial_transformer: 1 (or True) puts a spatial transformer in front, 2 one that halves the size; 0 none.
        options: keyword arguments of the network's builder.

    Returns:
        A Keras model from float32 ``(N, H, W, C)`` to embeddings ``(N, D)``, not normalized.

    Raises:
        DataError: there is no network or option of that name, or it cannot be built for such images.
    """
    entry = lookup("network", name, NETWORKS)
    builder = _load(entry.builder)
    settings = checked_options(f"network {name}", builder, options)
    if len(input_shape) != 3 or not all(side >= 1 for side in input_shape):
        raise DataError(f"network {name}: input_shape has to be (height, width, channels), found {input_shape}")
    dimension = entry.dimension if dimension is None else dimension
    in_range(1, dimension=dimension)
    import keras

    image = keras.Input(input_shape, name="image")
    try:
        embedding = builder(_transformed(image, int(spatial_transformer)), dimension=dimension, **settings)
    except DataError:
        raise
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"network {name} cannot be built for images of shape {input_shape}: {reason}") from error
    return keras.Model(image, embedding, name=name.replace("-", "_"))


def build_head(name: str, dimension: int, **options: Any) -> Any:
    """Build a learned comparison with random weights.

    Args:
        name: in `HEADS`.
        dimension: length D of the embeddings.
        options: keyword arguments of the head's builder.

    Returns:
        A Keras model from two tensors of embeddings ``(N, D)``, in either order, to logits ``(N,)`` or ``(N, 2)``.

    Raises:
        DataError: there is no head or option of that name.
    """
    builder = _load(lookup("head", name, HEADS).builder)
    settings = checked_options(f"head {name}", builder, options)
    in_range(1, dimension=dimension)
    import keras

    from .heads import AbsoluteDifference

    pair = [keras.Input((dimension,), name=which) for which in ("first", "second")]
    return keras.Model(pair, builder(AbsoluteDifference(name="difference")(pair), **settings), name="head")


def _load(builder: str) -> Callable[..., Any]:
    module, function = builder.split(":")
    loaded: Callable[..., Any] = getattr(import_module(f".{module}", __package__), function)
    return loaded


def _transformed(image: Any, spatial_transformer: int) -> Any:
    if not spatial_transformer:
        return image
    from . import spatial_transformer as module

    return module.spatial_transformer(image, downsample=spatial_transformer)
