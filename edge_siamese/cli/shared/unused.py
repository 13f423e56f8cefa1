"""Reports the files that a command did not use."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from .galleries import note

if TYPE_CHECKING:
    from ...identity_dataset import IdentityDataset
    from ...image_archive import SkippedFile

_REPORTED = 20


def report_dataset(dataset: "IdentityDataset") -> None:
    """Report how the folders of a dataset were read and which files are not used."""
    for sentence in dataset.notes:
        note(sentence)
    report_skipped_files(dataset.skipped)


def report_skipped_files(skipped: "Sequence[SkippedFile]") -> None:
    """Report the first files and folders that are not used, with the reason, and the number of others."""
    for file in skipped[:_REPORTED]:
        note(f"{file.path}: not used: {file.reason}")
    if len(skipped) > _REPORTED:
        note(f"{len(skipped) - _REPORTED:,} more are not used; --json lists all")


def report_unreadable(unreadable: Mapping[str, str], consequence: str) -> None:
    """Report the first unreadable photos, with the reason and the consequence, and the number of others."""
    for path, reason in list(unreadable.items())[:_REPORTED]:
        note(f"{path}: {consequence}: {reason.split(f'{path}: ')[-1]}")
    if len(unreadable) > _REPORTED:
        note(f"{len(unreadable) - _REPORTED:,} more: {consequence}; --json lists all")


def report_notes(notes: Iterable[str]) -> None:
    """Print notes about how the data was read."""
    for sentence in notes:
        note(sentence)


def skipped_files_json(skipped: "Iterable[SkippedFile]") -> list[dict[str, str]]:
    return [file.to_json() for file in skipped]


def unreadable_json(unreadable: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"photo": path, "reason": reason} for path, reason in unreadable.items()]
