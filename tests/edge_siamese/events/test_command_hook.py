"""The command hook: what the program gets, and what happens when it fails or hangs."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_siamese.errors import DataError
from edge_siamese.events import Event
from edge_siamese.events.command_hook import CommandHook
from edge_siamese.events.queued import QueuedSink

WRITES = """
import json, os, pathlib, sys
variables = {name: os.environ[name] for name in os.environ if name.startswith("EDGE_SIAMESE_")}
pathlib.Path(sys.argv[1]).write_text(json.dumps([json.load(sys.stdin), variables, sys.argv[2:]]))
"""


def test_the_program_gets_the_event_and_its_variables(tmp_path: Path, event: Callable[..., Event]) -> None:
    (tmp_path / "writes.py").write_text(WRITES)
    hook = CommandHook(f"{sys.executable} {tmp_path}/writes.py {tmp_path}/out 'two words' $HOME")
    hook.emit(event(number=5, decision="match", identity="Zoë; rm -rf /", reason="ok"))
    body, variables, arguments = json.loads((tmp_path / "out").read_text())
    assert (body["sequence"], body["identity"]) == (5, "Zoë; rm -rf /")
    assert variables["EDGE_SIAMESE_IDENTITY"] == "Zoë; rm -rf /"
    assert (variables["EDGE_SIAMESE_EVENT"], variables["EDGE_SIAMESE_DECISION"]) == ("decision", "match")
    assert arguments == ["two words", "$HOME"], "no shell"


def test_it_runs_only_for_the_listed_kinds(tmp_path: Path, event: Callable[..., Event]) -> None:
    hook = CommandHook(f"touch {tmp_path}/ran", {"arrived"})
    hook.emit(event("decision"))
    assert not (tmp_path / "ran").exists()
    hook.emit(event("arrived"))
    assert (tmp_path / "ran").exists()


def test_a_failing_program_is_a_warning(event: Callable[..., Event]) -> None:
    said: list[str] = []
    queued = QueuedSink(CommandHook("false"), "command", warn=said.append)
    queued.emit(event())
    queued.close()
    assert said == ["command: an event is left out ('false' ended with status 1)"]


def test_a_program_that_hangs_is_ended_with_what_it_started(tmp_path: Path, event: Callable[..., Event]) -> None:
    (tmp_path / "hang.sh").write_text(f"sleep 30 &\necho $! > {tmp_path}/child\nsleep 30\n")
    hook = CommandHook(f"sh {tmp_path}/hang.sh", timeout_s=0.5)
    begun = time.monotonic()
    with pytest.raises(ValueError, match=r"'sh' took longer than 0.5 s"):
        hook.emit(event())
    assert time.monotonic() - begun < 10
    child = Path("/proc", (tmp_path / "child").read_text().strip(), "status")
    deadline = time.monotonic() + 10
    while running(child) and time.monotonic() < deadline:  # a signal takes effect later
        time.sleep(0.01)
    assert not running(child)


def running(status: Path) -> bool:
    try:
        return "zombie" not in status.read_text()
    except OSError:
        return False


@pytest.mark.parametrize(
    ("command", "found"), [("", "''"), ("no-such-program --now", "'no-such-program'"), ("echo 'open", "'echo 'open'")]
)
def test_a_program_that_is_not_there_is_one_sentence(command: str, found: str) -> None:
    with pytest.raises(DataError, match="the event command: expected") as error:
        CommandHook(command)
    assert found in str(error.value)
