"""Shipped models. Their license is the file LICENSE in this folder."""

import difflib
from importlib.resources import as_file, files
from pathlib import Path
from typing import Literal


def default_model(task: Literal["embedder", "detector"]) -> Path:
    """Path of the shipped model for a task."""
    with as_file(files(__name__) / f"{task}.tflite") as path:
        return path


def named_model(name: str) -> Path | None:
    """Path of a shipped model by its file name without suffix, such as ``"embedder-small"``, or None."""
    return next((path for path in shipped_models() if path.stem == name), None)


def suggestion(path: Path) -> str:
    """Suggestion for a missing model: the shipped model with a similar name, or all names of shipped models.

    The suggestion is empty for a path with folders, which means a file.
    """
    if len(path.parts) != 1:
        return ""
    names = [each.stem for each in shipped_models()]
    near = difflib.get_close_matches(path.stem, names, n=1)
    return f"; did you mean '{near[0]}'?" if near else f"; the models that ship are {', '.join(names)}"


def shipped_models() -> list[Path]:
    """Paths of all shipped models, detectors first."""
    with as_file(files(__name__) / "LICENSE") as path:
        return sorted(path.parent.glob("*.tflite"))
