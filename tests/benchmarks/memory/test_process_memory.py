"""Resident memory is what the kernel counts, by library, and only in the ranges asked for."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese_benchmarks.memory.process_memory import (
    HEAP,
    Mapping,
    ProcessMemory,
    parse_smaps,
    read_peak,
    read_process_memory,
    within,
)

SMAPS = """\
1000-3000 r-xp 00000000 08:01 12 /usr/lib/python3/dist-packages/cv2/cv2.abi3.so
Size:                  8 kB
Rss:                   8 kB
Anonymous:             4 kB
VmFlags: rd ex mr mw me
3000-4000 rw-p 00000000 00:00 0 [heap]
Rss:                   4 kB
Anonymous:             4 kB
4000-6000 r--p 00000000 08:01 13 /tmp/gallery.esg
Rss:                   4 kB
Anonymous:             0 kB
"""
LARGE = 64 * 1024 * 1024


def test_mappings_are_added_up_by_library() -> None:
    memory = ProcessMemory.of(parse_smaps(SMAPS))
    assert memory.resident == 16 * 1024
    assert memory.shareable == 8 * 1024
    assert memory.by_library == {"OpenCV": 8192, HEAP: 4096, "galleries and models": 4096}


@pytest.mark.parametrize(
    ("path", "library"),
    [
        ("", HEAP), ("[stack]", HEAP), ("/x/numpy.libs/libscipy_openblas64_.so", "numpy"), ("/x/cv2/cv2.so", "OpenCV"),
        ("/x/opencv_python_headless.libs/libavcodec.so", "OpenCV"), ("/x/ai_edge_litert/_pywrap.so", "LiteRT"),
        ("/usr/bin/python3.11", "Python"), ("/lib/libc.so.6", "system libraries"), ("/usr/share/zoneinfo", "other files"),
    ],
)  # fmt: skip
def test_a_mapping_belongs_to_a_library(path: str, library: str) -> None:
    assert Mapping(0, 4096, path, 4096, 0).library == library


def test_only_what_lies_in_the_ranges_counts() -> None:
    inside = list(within(parse_smaps(SMAPS), [[0x2000, 0x4000]]))
    assert [(mapping.start, mapping.resident) for mapping in inside] == [(0x1000, 4096), (0x3000, 4096)]
    assert ProcessMemory.of(within(parse_smaps(SMAPS), [])).resident == 0
    assert ProcessMemory.of(within(parse_smaps(SMAPS), [[0, 1 << 48]])) == ProcessMemory.of(parse_smaps(SMAPS))


def test_damaged_text_is_rejected() -> None:
    with pytest.raises(DataError, match="expected a number of kB, found 'Rss: many kB'"):
        list(parse_smaps("1000-2000 r-xp 00000000 08:01 12\nRss: many kB"))


@given(st.text())
def test_any_text_is_read_or_rejected(text: str) -> None:
    with suppress(DataError):
        assert all(mapping.resident >= 0 for mapping in parse_smaps(text))


def test_this_process_is_counted_as_the_kernel_counts_it() -> None:
    memory = read_process_memory(os.getpid())
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    assert memory.resident == pytest.approx(pages * os.sysconf("SC_PAGE_SIZE"), rel=0.05)
    assert sum(memory.by_library.values()) == memory.resident
    assert read_peak(os.getpid()) >= memory.resident * 0.95


def test_what_a_process_allocates_is_found_and_what_it_freed_stays_in_the_peak() -> None:
    code = (
        "import sys\n"
        "def stop():\n    print(flush=True)\n    sys.stdin.readline()\n"
        f"stop()\nlarge = bytearray(b'x') * {LARGE}\nstop()\ndel large\nstop()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin
        assert child.stdout
        taken, peaks = [], []
        for _ in range(3):
            child.stdout.readline()
            taken.append(read_process_memory(child.pid).resident)
            peaks.append(read_peak(child.pid))
            child.stdin.write("\n")
            child.stdin.flush()
    assert taken[1] - taken[0] == pytest.approx(LARGE, rel=0.05)
    assert taken[2] - taken[0] < LARGE / 10
    assert peaks[2] == pytest.approx(peaks[1], rel=0.01)
    assert peaks[2] > taken[2] + LARGE * 0.9
