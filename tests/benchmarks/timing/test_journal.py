"""Raw samples outlive the process that measures them."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edge_siamese.errors import DataError
from edge_siamese_benchmarks.timing.journal import Journal, read_journal
from edge_siamese_benchmarks.timing.samples import LatencySamples


def write(path: Path) -> None:
    with Journal(path, {"command": "latency"}) as journal:
        journal.add(LatencySamples.of("embed", [5, 3], [0, 0]))
        journal.add(LatencySamples.of("align", [1], [0]))
        journal.add(LatencySamples.of("embed", [4], [1]))
        journal.finish()


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write(tmp_path / "raw.jsonl")
    about, measured = read_journal(tmp_path / "raw.jsonl")
    assert about == {"command": "latency", "host_states": []}
    assert measured.partial == ""
    assert {label: taken.ns.tolist() for label, taken in measured.samples.items()} == {"embed": [5, 3, 4], "align": [1]}
    assert measured.samples["embed"].block.tolist() == [0, 0, 1]


@pytest.mark.parametrize("cut", [1, 20, 35])
def test_a_run_that_was_killed_is_partial(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "raw.jsonl"
    write(path)
    path.write_bytes(path.read_bytes()[:-cut])
    _, measured = read_journal(path)
    assert measured.partial in ("the run was killed", "")
    assert (measured.partial == "") == (cut == 1)
    assert measured.samples["embed"].ns.tolist() == [5, 3, 4]


def test_samples_survive_the_death_of_their_process(tmp_path: Path) -> None:
    path = tmp_path / "raw.jsonl"
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from edge_siamese_benchmarks.timing.journal import Journal\n"
        "from edge_siamese_benchmarks.timing.measuring import RunLength, measure\n"
        "count = [0]\n"
        "def act():\n"
        "    count[0] += 1\n"
        "    if count[0] == 30: os.kill(os.getpid(), signal.SIGKILL)\n"
        "with Journal(Path(sys.argv[1]), {}) as journal:\n"
        "    measure({'act': act}, RunLength(0, 1000, 0, 60, per_block=4), recorder=journal)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    _, measured = read_journal(path)
    assert measured.partial == "the run was killed"
    assert len(measured.samples["act"]) == 28


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected raw samples, schema edge-siamese/bench-samples/1, found None"),
        ("PNG", "line 1: expected a JSON object"),
        ("[]\n", "expected raw samples"),
        ('{"schema": "edge-siamese/bench-samples/9"}\n', "found edge-siamese/bench-samples/9"),
        ('HEAD\n{"label": "a"}\n', "line 2: expected label, block and ns"),
        ('HEAD\n{"label": "a", "block": 0, "ns": [-1]}\n', "line 2: expected label"),
        (
            'HEAD\n{"label": "a", "block": 1, "ns": [1]}\n{"label": "a", "block": 0, "ns": [1]}\n',
            "rising block numbers",
        ),
        ("HEAD\n[5]\n", "line 2: expected label"),
        ('HEAD\n{"lab\n{"finished": true, "partial": ""}\n', "line 2: expected a JSON object"),
    ],
)
def test_another_file_is_rejected_with_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "raw.jsonl"
    head = json.dumps({"schema": "edge-siamese/bench-samples/1", "about": {}})
    path.write_text(text.replace("HEAD", head))
    with pytest.raises(DataError, match=message):
        read_journal(path)
