"""An installation that is killed before any of its system calls leaves the old or the new gallery in use.

`strace` injects the kills. `EDGE_SIAMESE_ALL_KILLS=1` tries every system call, else every seventh.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from edge_siamese.gallery import Gallery
from edge_siamese.gallery.delivery.install import install

DRIVER = Path(__file__).with_name("kill_driver.py")


def _may_trace() -> bool:
    if shutil.which("strace") is None:
        return False
    return not subprocess.run(["strace", "-o", os.devnull, "true"], check=False, capture_output=True).returncode


pytestmark = pytest.mark.skipif(not _may_trace(), reason="strace is not installed, or may not trace here")


@pytest.mark.parametrize("final", [False, True])
def test_a_kill_before_any_system_call_leaves_a_gallery(tmp_path: Path, gallery: Gallery, final: bool) -> None:
    for sequence in (1, 2, 3):
        path = tmp_path / f"{sequence}.esg"
        replace(gallery, sequence=sequence).save(path)
        if sequence < 3:
            install(path, tmp_path / "slots")
    step = "1" if "EDGE_SIAMESE_ALL_KILLS" in os.environ else "7"
    done = subprocess.run(
        [sys.executable, str(DRIVER), str(tmp_path), step, str(int(final))], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = [int(word) for word in done.stdout.split()]
    print(f"{len(found)} kills: {found.count(2)} times the old gallery, {found.count(3)} times the new one")
    assert len(found) > 8
    assert set(found) == {2, 3}
    assert found == sorted(found)
