"""Recipe schema of siamese networks: data, split, network, loss, sampler, training and evaluation."""

from typing import Any, Literal

from pydantic import Field, model_validator

from ..data.preparation import Preparation
from .schema import Part


class DataOptions(Part):
    """Source of the images.

    Attributes:
        kind: layout of the data, see `data.sources.load_source`.
        merge_top: merge the classes of the top folders.
        preparation: size, color, alignment and selection.
    """

    kind: Literal["folders", "omniglot", "lfw", "olivetti", "thermal"] = "folders"
    merge_top: bool = False
    preparation: Preparation = Preparation(size=(112, 112))


class SplitOptions(Part):
    """Validation and test classes; a group is never divided.

    Attributes:
        test, validation: shares of the classes, or of the groups if there are any; with a test share of 0 the validation
            classes are the test classes.
        test_folds: folds of ``pairs.txt`` in the data; their people are the test people, evaluated on the listed pairs.
        test_groups: prefix of the names of the test groups.
        min_images: classes with fewer images are not used for training or validation.
        seed: seed of the choice of classes.
    """

    test: float = Field(default=0.3, ge=0, lt=1)
    validation: float = Field(default=0.15, gt=0, lt=1)
    test_folds: tuple[int, ...] = ()
    test_groups: str = ""
    min_images: int = Field(default=2, ge=1)
    seed: int = 0


class NetworkOptions(Part):
    """The embedding network.

    Attributes:
        name: key of `networks.registry.NETWORKS`.
        dimension: length of the embedding; None is the default of the network.
        options: other arguments of the builder.
        weights: initial weights: "" for random, the name of shipped weights ("embedder"), or the path of an ``.npz``.
        frozen: train only the head; the outputs of the network are computed once.
        equal_lengths: scale the outputs of a frozen network to one length before the head.
        average_flip: use flip averaging in evaluation and in the exported file.
    """

    name: str
    dimension: int | None = Field(default=None, ge=2, le=4096)
    options: dict[str, Any] = Field(default_factory=dict)
    weights: str = ""
    frozen: bool = False
    equal_lengths: bool = False
    average_flip: bool = False


class Named(Part):
    """Name and options of a registry entry."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)


class Loss(Named):
    """A loss of `training.losses.LOSSES`; `distance` of `distances` is the input of a loss of pairs."""

    distance: Literal["l1", "l2", "squared_l2", "cosine"] = "l2"


class Optimizer(Part):
    """A Keras optimizer; schedule "cosine" decays the learning rate to zero over all epochs."""

    name: Literal["adam", "adamw", "rmsprop", "sgd"] = "adam"
    learning_rate: float = Field(default=1e-3, gt=0)
    schedule: Literal["constant", "cosine"] = "constant"
    weight_decay: float = Field(default=0.0, ge=0)


class Training(Part):
    """Training schedule.

    Attributes:
        epochs: maximum number of epochs.
        batch_size: pairs per batch, or images if the loss takes whole batches.
        optimizer: optimizer and learning rate.
        patience: stop after this number of epochs without a better validation AUC; None disables early stopping.
        ema_momentum: EMA momentum of the weights; the averaged weights are evaluated and kept. 0 disables EMA.
        keep: "best" keeps the weights of the epoch with the best validation AUC, "last" those of the last epoch, for
            data with too few validation classes.
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
            raise ValueError('patience needs keep = "best"')
        return self


class Quick(Part):
    """Changes of ``--quick``, which runs every step with little training.

    Attributes:
        epochs: maximum number of epochs.
        classes: maximum number of classes, chosen evenly.
        sampler: options of the sampler.
    """

    epochs: int = Field(default=2, ge=1)
    classes: int | None = Field(default=None, ge=4)
    sampler: dict[str, Any] = Field(default_factory=dict)


class PublishedMetrics(Part):
    """Published metrics of the source of the recipe under this protocol.

    Attributes:
        source: reference and protocol.
        metrics: shares from 0 to 1, by name.
    """

    source: str
    metrics: dict[Literal["auc", "eer", "accuracy"], float]


class SiameseRecipe(Part):
    """Recipe of a siamese network.

    Attributes:
        task: task of the recipe.
        summary: one sentence that describes the recipe.
        method: "pairs" trains on the pairs or batches of the sampler; "fine-tune" trains a margin softmax while the
            embeddings of all crops are kept near their initial values (`tasks.siamese.fine_tuning`).
        augmentation: name and options, see `augmentation.image.create_augmentation`; None for no augmentation.
        similarity: distance between embeddings in evaluation.
        precision: arithmetic in training.
    """

    task: Literal["siamese"]
    summary: str
    data: DataOptions
    split: SplitOptions = SplitOptions()
    network: NetworkOptions
    head: Named | None = None
    method: Literal["pairs", "fine-tune"] = "pairs"
    normalization: Named = Named(name="signed")
    loss: Loss = Loss(name="contrastive")
    sampler: Named = Named(name="all-genuine")
    augmentation: Named | None = None
    similarity: Literal["l1", "l2", "squared_l2", "cosine"] = "cosine"
    training: Training
    quick: Quick = Quick()
    published: PublishedMetrics | None = None
    precision: Literal["auto", "float32", "bfloat16"] = "float32"
    seed: int = 0

    @model_validator(mode="after")
    def _head_is_trained(self) -> "SiameseRecipe":
        if self.network.frozen and self.head is None:
            raise ValueError("a frozen network needs a head to train")
        if self.network.equal_lengths and not self.network.frozen:
            raise ValueError("equal_lengths is for frozen networks")
        if self.method == "fine-tune" and (self.network.name, self.network.frozen) != ("twin", False):
            raise ValueError("fine-tuning is for the twin without frozen = true")
        return self
