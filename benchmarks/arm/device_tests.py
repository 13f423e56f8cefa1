"""Run the device package's own tests on the arm64 Python.

``python -m edge_siamese_benchmarks.arm.device_tests [--core a72] [--abi] [PYTEST ARGUMENTS]`` from the top of the tree.
``--abi`` runs `ABI_TESTS` alone, with few examples of each property.
"""

import os
import shlex
import shutil
import stat
import sys
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from edge_siamese.arm_cost import ArmCore, parse_cores
from edge_siamese.errors import DataError, EdgeSiameseError

from .guest_pytest import EXECUTABLE_VARIABLE
from .rig import Rig, device_path

DEVICE_TESTS = Path("tests/edge_siamese")
# Tests of what depends on the instruction set, the C ABI or the aarch64 wheels: networks and their golden vectors,
# integer and float image arithmetic, byte order and layout of files that are read in place, locks and file
# descriptors, pixel formats. Command lines, pages, statistics and other pure Python stay out, and so do tests that start
# many processes.
ABI_TESTS = tuple(
    f"{DEVICE_TESTS}/{name}"
    for name in (
        "tflite",
        "test_preprocessing.py",
        "test_alignment.py",
        "test_orientation.py",
        "test_detection.py",
        "test_embedding.py",
        "test_engine.py",
        "test_matching.py",
        "test_operating_point.py",
        "test_image_io.py",
        "test_image_formats.py",
        "test_atomic.py",
        "gallery/container/test_formats_page.py",
        "gallery/container/test_lock.py",
        "gallery/container/test_reader.py",
        "gallery/container/test_writer.py",
        "quality",
        "cameras/test_picamera.py",
        "cameras/test_sources.py",
        "system/test_host.py",
    )
)
_SHARING = f"{DEVICE_TESTS}/test_engine.py::TestSharing"
# QEMU 7.2 aborts when a program with several threads forks.
NOT_EMULATED = (
    f"{_SHARING}::test_a_child_process_goes_on_with_the_engine",
    f"{_SHARING}::test_a_pool_of_forked_workers_shares_an_engine",
)
_HUNDREDS_OF_IMAGES = f"{_SHARING}::test_threads_that_share_an_engine_get_what_one_thread_gets"
_ABI_OPTIONS = ("-m", "not data and not slow", "-n", "2", "--deselect", _HUNDREDS_OF_IMAGES)
_FEW_EXAMPLES = {"HYPOTHESIS_PROFILE": "few"}
_DEFAULT_CORE = "a72"
_PACKAGES = {  # the tree's folders, by the names they are installed under
    "edge_siamese_benchmarks": "benchmarks",
    "edge_siamese_converter": "converter",
    "edge_siamese_firmware": "firmware_tools",
}
_PASSED_ON = ("EDGE_SIAMESE_DATA", "HYPOTHESIS_PROFILE")


def run_device_tests(
    rig: Rig,
    core: ArmCore,
    arguments: Sequence[str],
    tree: Path | None = None,
    variables: Mapping[str, str] | None = None,
) -> int:
    """Run pytest on the arm64 Python.

    Args:
        rig: what runs it.
        core: as which core; the runtimes choose their kernels for it.
        arguments: of pytest, relative to `tree`; the device package's tests by default.
        tree: top of the project's tree; the working directory by default.
        variables: more environment variables of the tests.

    Returns:
        The exit status of pytest.

    Raises:
        DataError: `tree` has no tests of the device package.
    """
    tree = (tree or Path.cwd()).absolute()
    if not (tree / DEVICE_TESTS).is_dir():
        raise DataError(f"{tree}: expected a tree with {DEVICE_TESTS}, found none")
    named = any((tree / argument.partition("::")[0]).exists() for argument in arguments if argument[:1] != "-")
    with device_path() as path:
        for package, folder in _PACKAGES.items():
            (path / package).symlink_to(tree / folder)
        plugin = files(__package__).joinpath("guest_pytest.py")
        (path / "guest_pytest.py").write_bytes(plugin.read_bytes())
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | dict(variables or {})
        environment |= {"PYTHONPATH": str(path), EXECUTABLE_VARIABLE: str(path / "python")}
        _write_python(path / "python", rig, core, {"PYTHONPATH": str(path)})
        command = ["-m", "pytest", "-p", "guest_pytest", "-p", "no:cacheprovider"]
        command += [*(part for test in NOT_EMULATED for part in ("--deselect", test)), *arguments]
        return rig.run(core, [*command, *([] if named else [str(DEVICE_TESTS)])], environment, cwd=tree).returncode


def _write_python(script: Path, rig: Rig, core: ArmCore, environment: dict[str, str]) -> None:
    """A script that starts the arm64 Python, for tests that start programs."""
    words = [shutil.which("env") or "env"]
    words += [f"LD_LIBRARY_PATH={rig.host_environment().get('LD_LIBRARY_PATH', '')}"]
    words += rig.command(core, [], environment, count=False)
    script.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)


def main(arguments: Sequence[str]) -> int:
    """Exit status for the command line."""
    core = _DEFAULT_CORE
    if len(arguments) >= 2 and arguments[0] == "--core":
        core, arguments = arguments[1], arguments[2:]
    try:
        chosen = parse_cores(core)[0]
        if arguments[:1] == ["--abi"]:
            return run_device_tests(
                Rig.open(), chosen, [*_ABI_OPTIONS, *ABI_TESTS, *arguments[1:]], None, _FEW_EXAMPLES
            )
        return run_device_tests(Rig.open(), chosen, arguments)
    except EdgeSiameseError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
