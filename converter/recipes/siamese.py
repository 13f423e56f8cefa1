"""Recipes of siamese networks: which data, network, loss and sampler, and how the result is judged."""

from typing import Any, Literal

from pydantic import Field, model_validator

from ..data.preparation import Preparation
from .schema import Part


class Source(Part):
    """Where images come from.

    Attributes:
        kind: of the data: a loader of `datasets.sources`.
        merge_top: the archive's top folders show the same people and are merged.
        preparation: size, color, alignment and selection.
    """

    kind: Literal["folders", "omniglot", "lfw", "olivetti", "thermal"] = "folders"
    merge_top: bool = False
    preparation: Preparation = Preparation(size=(112, 112))


class Split(Part):
    """Which classes are kept back; a group is never cut.

    Attributes:
        test, validation: shares of the classes, or of the groups where there are some; a test share of 0 judges on the
            validation classes.
        test_folds: folds of the data's ``pairs.txt`` whose people are the test people instead, on the pairs listed there.
        test_groups: groups to test on instead, by the beginning of their names.
        min_images: a class with fewer is neither trained nor validated on.
        seed: another one gives another choice.
    """

    test: float = Field(default=0.3, ge=0, lt=1)
    validation: float = Field(default=0.15, gt=0, lt=1)
    test_folds: tuple[int, ...] = ()
    test_groups: str = ""
    min_images: int = Field(default=2, ge=1)
    seed: int = 0


class Network(Part):
    """The embedding network.

    Attributes:
        name: in `networks.registry.NETWORKS`.
        dimension: of the embedding; None is the network's own.
        options: further arguments of its builder.
        weights: "" is random ones; a task whose weights ship ("embedder"), or a path to an ``.npz``.
        frozen: the network stays as it is, its outputs are computed once and only a head is trained.
        equal_lengths: of a frozen network: its outputs are brought to one length before the head sees them.
        average_flip: an embedding is the mean over an image and its mirror image, in training's measures and in the exported file.
    """

    name: str
    dimension: int | None = Field(default=None, ge=2, le=4096)
    options: dict[str, Any] = Field(default_factory=dict)
    weights: str = ""
    frozen: bool = False
    equal_lengths: bool = False
    average_flip: bool = False


class Named(Part):
    """Something of a registry with its options."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)


class Loss(Named):
    """A loss of `losses.LOSSES`; `distance` of `distances` is what a loss of pairs sees."""

    distance: Literal["l1", "l2", "squared_l2", "cosine"] = "l2"


class Optimizer(Part):
    """A Keras optimizer; "cosine" lets the rate fall to zero over all epochs."""

    name: Literal["adam", "adamw", "rmsprop", "sgd"] = "adam"
    learning_rate: float = Field(default=1e-3, gt=0)
    schedule: Literal["constant", "cosine"] = "constant"
    weight_decay: float = Field(default=0.0, ge=0)


class Training(Part):
    """How long.

    Attributes:
        epochs: at most.
        batch_size: pairs, or images where the loss takes whole batches.
        optimizer: and its rate.
        patience: stop when the validation figure has not improved for so many epochs; None never stops early.
        ema_momentum: momentum of the averaged weights, which are measured and kept; 0 averages nothing.
        keep: the weights of the best epoch by the validation figure, or of the last one: the choice where the validation
            classes are too few to choose by.
    """

    epochs: int = Field(ge=1)
    batch_size: int = Field(default=64, ge=2)
    optimizer: Optimizer = Optimizer()
    patience: int | None = Field(default=None, ge=1)
    ema_momentum: float = Field(default=0.0, ge=0, lt=1)
    keep: Literal["best", "last"] = "best"

    @model_validator(mode="after")
    def _patience_has_a_best(self) -> "Training":
        if self.keep == "last" and self.patience is not None:
            raise ValueError('patience waits for a better epoch; it is for keep = "best"')
        return self


class Quick(Part):
    """What ``--quick`` changes: the whole way, with little training.

    Attributes:
        epochs: at most.
        classes: at most, chosen evenly.
        sampler: options of the sampler.
    """

    epochs: int = Field(default=2, ge=1)
    classes: int | None = Field(default=None, ge=4)
    sampler: dict[str, Any] = Field(default_factory=dict)


class Published(Part):
    """What the public source of the recipe reaches under this protocol, for comparison.

    Attributes:
        source: who says so, under which protocol.
        metrics: by name, as in the report: "auc", "eer", "accuracy".
    """

    source: str
    metrics: dict[str, float]


class SiameseRecipe(Part):
    """Everything of a siamese training but its data.

    Attributes:
        task: what it trains.
        summary: one sentence for people.
        method: "pairs" learns from the sampler's pairs or batches; "fine-tune" tells people apart by a margin while
            every crop keeps its place (`fine_tuning`).
        augmentation: a class of `image_augmentation` or `augmentation`; None changes nothing.
        similarity: how two embeddings are compared when judged.
        precision: of the arithmetic while training.
    """

    task: Literal["siamese"]
    summary: str
    data: Source
    split: Split = Split()
    network: Network
    head: Named | None = None
    method: Literal["pairs", "fine-tune"] = "pairs"
    normalization: Named = Named(name="signed")
    loss: Loss = Loss(name="contrastive")
    sampler: Named = Named(name="all-genuine")
    augmentation: Named | None = None
    similarity: Literal["l1", "l2", "squared_l2", "cosine"] = "cosine"
    training: Training
    quick: Quick = Quick()
    published: Published | None = None
    precision: Literal["auto", "float32", "bfloat16"] = "float32"
    seed: int = 0

    @model_validator(mode="after")
    def _head_is_trained(self) -> "SiameseRecipe":
        if self.network.frozen and self.head is None:
            raise ValueError("a frozen network needs a head to train")
        if self.network.equal_lengths and not self.network.frozen:
            raise ValueError("equal_lengths is for frozen networks: others learn from their embeddings as they are")
        if self.method == "fine-tune" and (self.network.name, self.network.frozen) != ("twin", False):
            raise ValueError("fine-tuning is for the twin, not frozen")
        return self
