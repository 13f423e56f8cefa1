"""Registry of embedding networks and comparison heads; a module is imported when its network is built.

Every builder maps a Keras tensor to a Keras tensor, with its settings as keyword-only arguments, so that layers before a
network become part of one flat graph.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from edge_siamese.errors import DataError

from ..registry import checked_options, in_range, lookup


@dataclass(frozen=True)
class NetworkEntry:
    """Registry entry of an embedding network.

    Attributes:
        builder: "module:function" of this package, from images ``(N, H, W, C)`` to embeddings ``(N, D)``.
        input_shape: default (height, width, channels).
        dimension: default D.
        summary: one line for people.
        source: source of the design: a paper, and the public repository with the same layers.
    """

    builder: str
    input_shape: tuple[int, int, int]
    dimension: int
    summary: str
    source: str


@dataclass(frozen=True)
class HeadEntry:
    """Registry entry of a comparison head.

    Attributes:
        builder: "module:function" of this package, from absolute differences ``(N, D)`` to logits.
        outputs: logits per pair: 1, high for genuine pairs, or 2, impostor and genuine.
        summary: one line for people.
        source: source of the design.
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
        name: key of `NETWORKS`.
        input_shape: (height, width, channels) of the images.
        dimension: length of the embedding; None is the default of the network.
        spatial_transformer: 0 for none, 1 (or True) for a spatial transformer at the input, 2 for one that halves the size.
        options: keyword arguments of the builder.

    Returns:
        A Keras model from float32 ``(N, H, W, C)`` to embeddings ``(N, D)``, not L2-normalized.

    Raises:
        DataError: the name or an option is unknown, or the network cannot be built for this input shape.
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
    """Build a comparison head with random weights.

    Args:
        name: key of `HEADS`.
        dimension: length D of the embeddings.
        options: keyword arguments of the builder.

    Returns:
        A Keras model from two tensors of embeddings ``(N, D)``, in either order, to logits ``(N,)`` or ``(N, 2)``.

    Raises:
        DataError: the name or an option is unknown.
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
