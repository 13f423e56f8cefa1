"""Training recipes: TOML files with network, data, schedule and learning rates.

The package contains ``converter/recipes/*.toml``; the path of another TOML file can be used instead.
"""

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

from edge_siamese.errors import DataError


class Part(BaseModel):
    """A table of a recipe: immutable, and unknown keys are an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Twin(Part):
    """Arguments of `networks.mobilenetv3.build_twin`."""

    table: Literal["small", "dense"] = "dense"
    dimension: int = Field(default=256, ge=8, le=512)
    width: float = Field(default=1.0, gt=0, le=4)
    squeeze_excite: bool = False
    activation: Literal["silu", "relu"] = "relu"


class MobileFaceNet(Part):
    """The widths of a `networks.mobilefacenet.MobileFaceNetTable`.

    Attributes:
        stem: channels of the two layers at half of the input's size.
        hidden: for each stage the channels inside each of its blocks.
        streams: for each stage the channels between its blocks.
        last, reduced: channels of the two 1x1 convolutions after the last stage.
        dimension: length of the embedding.
    """

    stem: int = Field(ge=1)
    hidden: tuple[tuple[int, ...], ...]
    streams: tuple[int, ...]
    last: int = Field(ge=1)
    reduced: int = Field(ge=1)
    dimension: int = Field(default=256, ge=8, le=512)


_TWIN, _MOBILEFACENET = "twin", "mobilefacenet"


def _network_kind(value: Any) -> str:
    """Which of the two networks a table describes: only a MobileFaceNet has a stem and streams."""
    if isinstance(value, Mapping):
        return _MOBILEFACENET if {"stem", "hidden", "streams"} & set(value) else _TWIN
    return _MOBILEFACENET if isinstance(value, MobileFaceNet) else _TWIN


EmbedderNetwork = Annotated[
    Annotated[Twin, Tag(_TWIN)] | Annotated[MobileFaceNet, Tag(_MOBILEFACENET)], Discriminator(_network_kind)
]


class Faces(Part):
    """Training data besides the crops of the teacher folder.

    Attributes:
        mixtures, mixture_share: number of mixup crops, and their share of a batch.
        rendered_people, rendered_share: number of rendered people, trained with a margin softmax, and their share of a
            batch.
        labeled: also train a margin softmax on the people of the teacher folder who have names.
    """

    mixtures: int = Field(default=0, ge=0)
    mixture_share: float = Field(default=0.6, ge=0, lt=1)
    rendered_people: int = Field(default=0, ge=0, le=4000)
    rendered_share: float = Field(default=0.05, ge=0, lt=1)
    labeled: bool = False


class Phase(Part):
    """A phase of a run with its own schedule (`training.optimizers.WarmupStableDecay`).

    Attributes:
        ema_momentum: EMA momentum of the weights; the averaged weights are kept at the end of the phase and, for an
            embedder, evaluated after each epoch. 0 keeps the last weights.
        optimizer: AdamW, or Muon for the kernels of convolutions.
    """

    epochs: int = Field(ge=1)
    learning_rate: float = Field(default=1.5e-3, gt=0)
    warmup: float = Field(default=0.02, ge=0, le=1)
    decay: float = Field(default=0.0, ge=0, le=1)
    ema_momentum: float = Field(default=0.0, ge=0, lt=1)
    optimizer: Literal["adamw", "muon"] = "adamw"


class EmbedderPhase(Phase):
    """A phase of an embedder run.

    Attributes:
        augmentation: options of `augmentation.face_crop.CameraAugmentation` that replace its defaults.
        mixture_share: share of mixup crops in a batch; None uses the value of the recipe.
        slope_share: share of the teacher's PReLU slopes at the beginning and the end of the phase (MobileFaceNet only); the
            last phase ends at 0.
    """

    augmentation: dict[str, float] = Field(default_factory=dict)
    mixture_share: float | None = Field(default=None, ge=0, lt=1)
    slope_share: tuple[float, float] = (0.0, 0.0)


class _PhasedRecipe(Part):
    """Common keys of runs with phases.

    Attributes:
        precision: arithmetic in training; "auto" uses bfloat16 if the processor has instructions for it.
    """

    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    seed: int = 0
    phases: tuple[Phase, ...] = Field(min_length=1)


class EmbedderRecipe(_PhasedRecipe):
    """Recipe of a distillation.

    Attributes:
        task: what it trains.
        temperature: divisor of the cosines in the distillation loss.
        cosine_weight: weight of one minus the cosine to the teacher's embedding, added to that loss.
        wccn_shrinkage: shrinkage of the WCCN at the end (`tasks.embedder.wccn`); None omits WCCN.
    """

    task: Literal["embedder"]
    phases: tuple[EmbedderPhase, ...] = Field(min_length=1)
    network: EmbedderNetwork = Twin()
    faces: Faces = Faces()
    batch_size: int = Field(default=128, ge=8)
    weight_decay: float = Field(default=0.05, ge=0)
    temperature: float = Field(default=0.07, gt=0)
    cosine_weight: float = Field(default=0.0, ge=0)
    wccn_shrinkage: float | None = Field(default=None, ge=0)


class DetectorRecipe(_PhasedRecipe):
    """Recipe of a detector.

    Attributes:
        task: what it trains.
        table: widths and depths of the network, a name of `networks.detector.TABLES`.
        sample_size: side of the composed training images in pixels, a multiple of 32.
        batches: batches per epoch.
        pasted_crops, rendered_scenes: number of aligned crops and rendered images added to the photos.
    """

    task: Literal["detector"]
    table: Literal["light", "wide"] = "light"
    sample_size: int = Field(default=256, ge=96, multiple_of=32)
    batch_size: int = Field(default=32, ge=2)
    batches: int = Field(default=200, ge=1)
    weight_decay: float = Field(default=0.01, ge=0)
    pasted_crops: int = Field(default=8000, ge=0)
    rendered_scenes: int = Field(default=400, ge=0)


Recipe = TypeVar("Recipe", bound=Part)


def shipped_recipes(task: str = "") -> list[str]:
    """Return the names of the recipes in the package, of one task or of all tasks."""
    folder = files(__package__)
    names = sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))
    return [name for name in names if not task or tomllib.loads(_shipped_text(name))["task"] == task]


def _shipped_text(name: str) -> str:
    return (files(__package__) / f"{name}.toml").read_text(encoding="utf-8")


def load_recipe(name: str, kind: type[Recipe], changes: Mapping[str, str] | None = None) -> Recipe:
    """Read a shipped recipe by name, or a TOML file.

    Args:
        name: name of a shipped recipe, or a path.
        kind: class of the recipe.
        changes: values that replace those of the file, as TOML text by dotted key: ``{"training.epochs": "3"}``.

    Raises:
        DataError: the recipe does not exist, or a key or value is invalid.
    """
    if name in shipped_recipes():
        with as_file(files(__package__) / f"{name}.toml") as path:
            return _parse(path, kind, changes or {})
    if not Path(name).is_file():
        near = difflib.get_close_matches(name, shipped_recipes(), n=1)
        advice = f"did you mean '{near[0]}'?" if near else f"the recipes that ship are {', '.join(shipped_recipes())}"
        raise DataError(f"{name}: there is no recipe or file of that name; {advice}")
    return _parse(Path(name), kind, changes or {})


def _parse(path: Path, kind: type[Recipe], changes: Mapping[str, str]) -> Recipe:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not a TOML file ({error})") from error
    for key, value in changes.items():
        _put(content, key.split("."), _value(value))
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise DataError(f"{path}: {_sentence(error, kind)}") from error


def _put(content: dict[str, Any], place: list[str], value: Any) -> None:
    for key in place[:-1]:
        content = content.setdefault(key, {})
        if not isinstance(content, dict):
            raise DataError(f"{'.'.join(place)}: {key} is a value of the recipe and has no keys of its own")
    content[place[-1]] = value


def _value(text: str) -> Any:
    """Parse a TOML value; text that is not TOML is a string."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _sentence(error: ValidationError, kind: type[BaseModel]) -> str:
    """Format the first validation error, with the most similar key for an unknown one."""
    first = error.errors(include_url=False)[0]
    parts = [part for part in first["loc"] if part not in (_TWIN, _MOBILEFACENET)]
    place = [part for part in parts if isinstance(part, str)]
    key = ".".join(str(part) for part in parts)
    if first["type"] != "extra_forbidden":
        return f"{key}: {first['msg'][:1].lower()}{first['msg'][1:]}, found {first.get('input')!r}"
    near = difflib.get_close_matches(place[-1], _keys(kind), n=1)
    return f"unknown key {key}" + (f"; did you mean {near[0]}?" if near else "")


def _keys(kind: type[BaseModel]) -> Iterator[str]:
    """Yield all keys of a recipe and of its tables."""
    for name, field in kind.model_fields.items():
        yield name
        for part in (field.annotation, *get_args(field.annotation)):
            model = get_args(part)[0] if get_origin(part) is Annotated else part
            if isinstance(model, type) and issubclass(model, BaseModel):
                yield from _keys(model)
