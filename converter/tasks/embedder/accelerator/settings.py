"""Settings of a training job, stored as JSON so that the training machine needs no schema library."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from edge_siamese.atomic import write_atomically
from edge_siamese.errors import DataError

from .augmentation_options import DeviceAugmentation

SCHEMA = "edge-siamese/training-job/1"


@dataclass(frozen=True, kw_only=True)
class JobPhase:
    """A phase of a job with its own learning rate schedule.

    Attributes:
        images: number of images to train on.
        learning_rate: peak learning rate.
        warmup, decay: shares of the phase in which the learning rate rises from and falls to 0.
        optimizer: AdamW, or Muon for the kernels of convolutions.
        ema_momentum: EMA momentum of the weights; 0 keeps the last weights.
        slope_share: share of the PReLU slopes at the beginning and the end of the phase.
        augmentation: augmentation of the crops.
    """

    images: int
    learning_rate: float
    warmup: float = 0.0
    decay: float = 0.0
    optimizer: Literal["adamw", "muon"] = "adamw"
    ema_momentum: float = 0.0
    slope_share: tuple[float, float] = (0.0, 0.0)
    augmentation: DeviceAugmentation = field(default_factory=DeviceAugmentation)


@dataclass(frozen=True, kw_only=True)
class JobSettings:
    """Settings of a job.

    Attributes:
        network: description of the student (`networks.embedder.build_embedder`).
        teacher: description of the teacher.
        phases: phases in order.
        batch_size: images per step.
        weight_decay, temperature, negatives, cosine_weight: of optimizer and loss.
        precision: arithmetic of the layers.
        seed: seed of order and augmentation.
        license: license of the initial weights or of the teacher; the result inherits it.
    """

    network: dict[str, Any]
    teacher: dict[str, Any]
    phases: tuple[JobPhase, ...]
    batch_size: int = 128
    weight_decay: float = 0.05
    temperature: float = 0.07
    negatives: int = 8192
    cosine_weight: float = 0.0
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    seed: int = 0
    license: str = ""

    @property
    def has_slopes(self) -> bool:
        """The student is trained with PReLU slopes."""
        return any(any(phase.slope_share) for phase in self.phases)


def save_settings(path: Path, settings: JobSettings) -> None:
    """Write settings as JSON."""
    text = json.dumps({"schema": SCHEMA, **asdict(settings)}, indent=2)
    with write_atomically(path) as stream:
        stream.write(text.encode() + b"\n")


def load_settings(path: Path) -> JobSettings:
    """Read settings.

    Raises:
        DataError: the file is missing or was not written by `save_settings`.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"{path}: not found; expected a training job, see 'edge-siamese distill --pack'") from error
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as JSON ({error})", path=path) from error
    if not isinstance(document, dict) or document.pop("schema", None) != SCHEMA:
        raise DataError(f"{path}: expected a document of schema {SCHEMA}", path=path)
    try:
        return _settings(document)
    except (TypeError, KeyError) as error:
        raise DataError(f"{path}: the settings are not those of a training job ({error})", path=path) from error


def _settings(document: Mapping[str, Any]) -> JobSettings:
    phases = tuple(
        JobPhase(
            **{
                **phase,
                "slope_share": tuple(phase["slope_share"]),
                "augmentation": DeviceAugmentation(**phase["augmentation"]),
            }
        )
        for phase in document["phases"]
    )
    return JobSettings(**{**document, "phases": phases})
