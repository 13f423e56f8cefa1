"""How commands tell which files they did not use."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from .galleries import note

if TYPE_CHECKING:
    from ...identity_dataset import IdentityDataset
    from ...image_archive import SkippedFile

_REPORTED = 20


def report_dataset(dataset: "IdentityDataset") -> None:
    """Say how the folders of a dataset were read, and which files are not used."""
    for sentence in dataset.notes:
        note(sentence)
    report_skipped_files(dataset.skipped)


def report_skipped_files(skipped: "Sequence[SkippedFile]") -> None:
    """Name the files and folders that are not used, the first ones each with its reason."""
    for file in skipped[:_REPORTED]:
        note(f"{file.path}: not used: {file.reason}")
    if len(skipped) > _REPORTED:
        note(f"{len(skipped) - _REPORTED:,} more are not used; --json lists all")


def report_unreadable(unreadable: Mapping[str, str], consequence: str) -> None:
    """Name the photos that cannot be read, the first ones each with its reason, and what follows."""
    for path, reason in list(unreadable.items())[:_REPORTED]:
        note(f"{path}: {consequence}: {reason.split(f'{path}: ')[-1]}")
    if len(unreadable) > _REPORTED:
        note(f"{len(unreadable) - _REPORTED:,} more: {consequence}; --json lists all")


def report_notes(notes: Iterable[str]) -> None:
    """Say what is not obvious about how the data was read."""
    for sentence in notes:
        note(sentence)


def skipped_files_json(skipped: "Iterable[SkippedFile]") -> list[dict[str, str]]:
    return [file.to_json() for file in skipped]


def unreadable_json(unreadable: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"photo": path, "reason": reason} for path, reason in unreadable.items()]
