"""Count instructions: run a job's items on the arm64 Python, once for each core."""

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import as_file, files
from pathlib import Path
from threading import Event
from typing import Any

from edge_siamese.arm_cost import ArmCore
from edge_siamese.errors import EdgeSiameseError

from .counts import Count, Marks
from .rig import Rig, device_path

Item = Mapping[str, Any]
Progress = Callable[[int, int], None]


class CountingRun:
    """Counts items on cores, several cores at a time.

    Args:
        rig: what runs them.
        repeat: how many runs each count is the mean of; two more come before it.
    """

    def __init__(self, rig: Rig, repeat: int = 2) -> None:
        self.rig, self.repeat = rig, repeat
        self._stopped = Event()
        self._guests: list[subprocess.Popen[str]] = []

    @property
    def is_partial(self) -> bool:
        """Whether the run was interrupted, so that only what was counted until then is known."""
        return self._stopped.is_set()

    def count(
        self, items: Sequence[Item], cores: Sequence[ArmCore], progress: Progress = lambda done, total: None
    ) -> list[Count]:
        """Counts of every item and part on every core, in that order.

        A failed item is one `Count` with its `error`. Ctrl-C keeps what was counted, see `is_partial`.

        Raises:
            EdgeSiameseError: the guest does not start at all, or the counter's file is damaged.
        """
        done, total = 0, len(items) * len(cores)

        def finished(more: int) -> None:
            nonlocal done
            done += more
            progress(done, total)

        with ThreadPoolExecutor(min(len(cores), os.cpu_count() or 1)) as pool:
            futures = [pool.submit(self._count_on, core, list(items), finished) for core in cores]
            try:
                by_core = [future.result() for future in futures]
            except KeyboardInterrupt:
                self._stop()
                by_core = [future.result() for future in futures if not future.cancel()]
        counts = [count for counts in by_core for count in counts]
        order = {item["name"]: position for position, item in enumerate(items)}
        return sorted(counts, key=lambda count: order[count.name])  # stable: parts and cores stay in order

    def _stop(self) -> None:
        self._stopped.set()
        for guest in self._guests:
            guest.kill()

    def _started(self, guest: "subprocess.Popen[str]") -> None:
        self._guests.append(guest)
        if self._stopped.is_set():
            guest.kill()

    def _count_on(self, core: ArmCore, items: list[Item], finished: Callable[[int], None]) -> list[Count]:
        """Counts on one core; a guest that crashes costs the item it was at, and a new one takes the rest."""
        counts: list[Count] = []
        while items and not self._stopped.is_set():
            ended, results, marks = self._run_guest(core, items)
            more, tried = self._read(core, results, marks)
            if not tried and not self._stopped.is_set():
                raise EdgeSiameseError(f"the arm64 Python does not start as {core.name}: {_reason(ended)}")
            reported = {count.name for count in more}
            if tried and tried[-1] not in reported and ended.returncode and not self._stopped.is_set():
                more.append(Count(tried[-1], "", core.name, {}, {}, error=_reason(ended)))
            counts += more
            finished(len(tried))
            items = [item for item in items if item["name"] not in tried]
        return counts

    def _run_guest(
        self, core: ArmCore, items: Sequence[Item]
    ) -> tuple["subprocess.CompletedProcess[str]", list[dict[str, Any]], str]:
        with (
            tempfile.TemporaryDirectory() as name,
            device_path() as path,
            as_file(files(__package__).joinpath("guest.py")) as guest,
        ):
            job, results, counts = (Path(name) / file for file in ("job.json", "results.jsonl", "counts.txt"))
            job.write_text(json.dumps({"repeat": self.repeat, "items": [dict(item) for item in items]}))
            ended = self.rig.run(
                core,
                [str(guest), str(job), str(results)],
                {"PYTHONPATH": str(path)},
                counts=counts,
                started=self._started,
                start_new_session=True,  # Ctrl-C reaches this process alone, which then stops the guests
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            lines = results.read_text().split("\n")[:-1] if results.exists() else []
            return ended, [json.loads(line) for line in lines], counts.read_text() if counts.exists() else ""

    def _read(self, core: ArmCore, results: Iterable[dict[str, Any]], text: str) -> tuple[list[Count], list[str]]:
        """Counts that the guest's results name, and the names of the items it began."""
        counts, tried = [], []
        marks = Marks.parse(text) if text else Marks((), {})
        for result in results:
            if "started" in result:
                tried.append(result["started"])
            elif "error" in result:
                counts.append(Count(result["name"], "", core.name, {}, {}, error=result["error"]))
            else:
                by_kind = marks.between(result["marks"][0], result["marks"][1], self.repeat)
                counts.append(Count(result["name"], result["part"], core.name, by_kind, result["facts"]))
        return counts, tried


def _reason(ended: "subprocess.CompletedProcess[str]") -> str:
    if ended.returncode < 0:
        return f"stopped by {signal.Signals(-ended.returncode).name}"
    lines = [line for line in (ended.stderr or "").splitlines() if line.strip() and not line.startswith("INFO:")]
    return lines[-1].strip() if lines else f"exit status {ended.returncode}"
