"""The models that ship with the package. Their license is in LICENSE beside them."""

import difflib
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


def suggestion(path: Path) -> str:
    """Advice for a model that is not there: the shipped model with a similar name, or all their names.

    A path with folders in it is taken to mean a file, and gets no advice.
    """
    if len(path.parts) != 1:
        return ""
    names = [each.stem for each in shipped_models()]
    near = difflib.get_close_matches(path.stem, names, n=1)
    return f"; did you mean '{near[0]}'?" if near else f"; the models that ship are {', '.join(names)}"


def shipped_models() -> list[Path]:
    """Paths of all shipped models, the embedders behind the detectors."""
    with as_file(files(__name__) / "LICENSE") as path:
        return sorted(path.parent.glob("*.tflite"))
