"""Kills installations before their system calls: kill_driver.py FOLDER STEP FINAL.

Prints the sequence number of the gallery that is in use after each kill; the last is that of an undisturbed installation.
Afterwards the installation is tried again, which must succeed.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from edge_siamese.gallery import Gallery
from edge_siamese.gallery.delivery.install import install

_CALL = re.compile(r"^(\w+)\(")
_OF_MEMORY = {
    "brk",
    "mmap",
    "munmap",
    "mremap",
    "mprotect",
    "madvise",
    "futex",
}  # change no file, and vary from run to run


def installed(folder: Path, place: Path, final: bool, options: list[str]) -> int:
    """Install under strace with `options` in a child; the exit code."""
    ready, go = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(ready, 1)
        install(folder / "3.esg", place, final=final)
        os._exit(0)
    tracer = subprocess.Popen(["strace", "-qq", *options, "-p", str(child)], stderr=subprocess.DEVNULL)
    while not re.search(r"TracerPid:\t[1-9]|State:\tZ", Path(f"/proc/{child}/status").read_text()):
        time.sleep(0.002)
    os.write(go, b"x")
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    tracer.wait()
    os.close(ready)
    os.close(go)
    return code


def main() -> None:
    folder, step, final = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "1"
    traced = folder / "trace"
    install(folder / "3.esg", shutil.copytree(folder / "slots", folder / "first"), final=final)  # imports what it needs
    whole = shutil.copytree(folder / "slots", folder / "whole")
    assert installed(folder, whole, final, ["-o", str(traced)]) == 0
    names = [found[1] for line in traced.read_text().splitlines() if (found := _CALL.match(line))]
    calls = [name for name in names if name not in _OF_MEMORY]
    for index in range(1, len(calls) - 1, step):  # the first one is the read that waits, the last one the exit
        place = shutil.copytree(folder / "slots", folder / f"killed-{index}")
        occurrence = calls[: index + 1].count(calls[index])
        inject = f"inject={calls[index]}:signal=KILL:when={occurrence}"
        assert installed(folder, place, final, ["-o", os.devnull, "-e", inject]) == -9, calls[index]
        print(Gallery.open(place).sequence)
        assert install(folder / "3.esg", place, final=final).gallery.sequence == 3
        assert not list(place.glob(".edge-siamese-*"))
    print(Gallery.open(whole).sequence)


if __name__ == "__main__":
    main()
