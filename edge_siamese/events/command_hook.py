"""Command hook: runs a program for events, with the event as JSON on standard input."""

import json
import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Collection
from contextlib import suppress

from ..errors import DataError
from .event import Event

HOOK_KINDS = ("decision", "arrived", "left")
TIMEOUT_S = 30.0


class CommandHook:
    """Runs a program once for each event, one after the other. Use it in a `QueuedSink`.

    The program gets the event as one JSON object on standard input, and the variables ``EDGE_SIAMESE_EVENT`` (the kind),
    ``EDGE_SIAMESE_DECISION``, ``EDGE_SIAMESE_IDENTITY``, ``EDGE_SIAMESE_REASON`` and ``EDGE_SIAMESE_SOURCE``, empty if they
    do not apply. No shell is involved, so names cannot inject commands.

    Args:
        command: program and arguments, split as a shell does.
        kinds: kinds of events to run it for.
        timeout_s: seconds after which the program is ended.

    Raises:
        DataError: the program does not exist.
    """

    def __init__(self, command: str, kinds: Collection[str] = HOOK_KINDS, *, timeout_s: float = TIMEOUT_S) -> None:
        try:
            self._words = shlex.split(command)
        except ValueError as error:
            raise DataError(
                f"the event command: expected a program with arguments, found '{command}' ({error})"
            ) from error
        if not self._words or shutil.which(self._words[0]) is None:
            program = self._words[0] if self._words else ""
            raise DataError(f"the event command: expected an executable program, found '{program}'", found=program)
        self._kinds, self._timeout_s = frozenset(kinds), timeout_s
        self._running: subprocess.Popen[bytes] | None = None

    def emit(self, event: Event) -> None:
        """Run the program and wait for its end.

        Raises:
            ValueError: it failed or took too long.
        """
        if event.kind not in self._kinds:
            return
        body = event.to_json()
        data = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        names = ("event", "decision", "identity", "reason", "source")
        variables = {f"EDGE_SIAMESE_{name.upper()}": str(body.get(name) or "").replace("\0", "") for name in names}
        with subprocess.Popen(
            self._words,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=os.environ | variables,
            start_new_session=True,
        ) as self._running:
            try:
                self._running.communicate(data, self._timeout_s)
            except subprocess.TimeoutExpired as error:
                self._end()
                raise ValueError(f"'{self._words[0]}' took longer than {self._timeout_s:g} s") from error
        if self._running.returncode:
            raise ValueError(f"'{self._words[0]}' ended with status {self._running.returncode}")

    def close(self) -> None:
        """End a program that still runs."""
        self._end()

    def _end(self) -> None:
        if self._running is not None and self._running.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._running.pid, signal.SIGKILL)  # and what it started
