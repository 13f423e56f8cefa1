"""libFuzzer on the C reader and matcher: `EDGE_SIAMESE_FUZZ_RUNS=10000000 pytest -m fuzz`."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from .galleries import gallery_bytes, one_wrong
from .twin import compile_runtime

RUNS = int(os.environ.get("EDGE_SIAMESE_FUZZ_RUNS", "20000"))
_SANITIZERS = ("-O1", "-g", "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all")


@pytest.mark.fuzz
@pytest.mark.skipif(shutil.which("clang") is None, reason="clang, which has libFuzzer, is not installed")
def test_reader_and_matcher(tmp_path: Path) -> None:
    source = Path(__file__).with_name("twin.c")
    compile_runtime(tmp_path, *_SANITIZERS, "-DTWIN_FUZZ", "-o", "fuzz", sources=[source], compiler="clang")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    whole = [gallery_bytes(bits=bits) for bits in (8, 4)]
    galleries = [*whole, *(wrong for data in whole for _, wrong in one_wrong(data).values())]
    for number, gallery in enumerate(galleries):
        (corpus / str(number)).write_bytes(b"\x01" + gallery)
    command = ["./fuzz", f"-runs={RUNS}", "-max_len=2048", "-print_final_stats=1", "corpus"]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    found = re.search(r"stat::number_of_executed_units:\s*(\d+)", done.stderr)
    assert found is not None
    assert int(found[1]) >= RUNS
    print(done.stderr[-600:])
