"""The models that ship with the package. Their license is in LICENSE beside them."""

from importlib.resources import as_file, files
from pathlib import Path
from typing import Literal


def default_model(task: Literal["embedder", "detector"]) -> Path:
    """Path of the shipped model for a task."""
    with as_file(files(__name__) / f"{task}.tflite") as path:
        return path


def named_model(name: str) -> Path | None:
    """Path of a shipped model by its file's name without the ending, such as ``"embedder-small"``."""
    return next((path for path in shipped_models() if path.stem == name), None)


def shipped_models() -> list[Path]:
    """Paths of all shipped models, the embedders behind the detectors."""
    with as_file(files(__name__) / "LICENSE") as path:
        return sorted(path.parent.glob("*.tflite"))
