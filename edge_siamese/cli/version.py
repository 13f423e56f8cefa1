"""Output of ``edge-siamese --version``."""

from typing import TYPE_CHECKING

from ..errors import EdgeSiameseError
from ..system.doctor import TASKS, shipped_card

if TYPE_CHECKING:
    from ..tflite.model_card import Task


def version_lines(version: str) -> list[str]:
    """Lines with the versions of the package, the TFLite runtime and the shipped models; or what is missing.

    Args:
        version: version of the package.
    """
    return [f"edge-siamese {version}", _runtime_line(), *(_model_line(task) for task in TASKS)]


def _runtime_line() -> str:
    try:
        from ..tflite.runtime import find_runtime

        runtime = find_runtime()
    except (EdgeSiameseError, ImportError) as error:
        return f"runtime: none ({error})"
    return f"runtime: {runtime.name} {runtime.version}"


def _model_line(task: "Task") -> str:
    try:
        card = shipped_card(task)
    except (EdgeSiameseError, ImportError) as error:
        return f"{task}: none ({error})"
    return f"{task}: {card.name}, SHA-256 {card.digest}"
