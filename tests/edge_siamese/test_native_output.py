"""Native libraries print nothing on standard error; what they print is logged."""

import subprocess
import sys
import textwrap

import pytest


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own, where the real descriptor 2 can be watched."""
    program = "import os, sys, logging\nfrom edge_siamese.native_output import captured_native_output\n"
    return subprocess.run(
        [sys.executable, "-c", program + textwrap.dedent(code)], check=True, capture_output=True, text=True
    )


def test_native_lines_are_kept_off_and_python_lines_pass() -> None:
    done = run("""
        with captured_native_output():
            os.write(2, b"native noise\\n")
            print("from Python", file=sys.stderr)
        os.write(2, b"after\\n")
    """)
    assert done.stderr == "from Python\nafter\n"


def test_captured_lines_are_logged_once_the_block_ends() -> None:
    done = run("""
        logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
        with captured_native_output():
            os.write(2, b"one\\n\\ntwo\\n")
            assert not sys.stdout.isatty()
    """)
    assert (done.stdout, done.stderr) == ("one\ntwo\n", "")


def test_nested_and_concurrent_blocks_end_in_any_order() -> None:
    done = run("""
        import threading
        gate = threading.Event()
        def other():
            with captured_native_output():
                os.write(2, b"other\\n")
                gate.wait(10)
        thread = threading.Thread(target=other)
        with captured_native_output():
            thread.start()
            with captured_native_output():
                os.write(2, b"inner\\n")
        gate.set()
        thread.join()
        os.write(2, b"end\\n")
    """)
    assert done.stderr == "end\n"


def test_an_exception_restores_standard_error() -> None:
    done = run("""
        stream = sys.stderr
        try:
            with captured_native_output():
                raise KeyError
        except KeyError:
            assert sys.stderr is stream
            os.write(2, b"back\\n")
    """)
    assert done.stderr == "back\n"


def test_a_closed_standard_error_is_no_error() -> None:
    done = run("""
        os.close(2)
        with captured_native_output():
            print("works")
    """)
    assert done.stdout == "works\n"


@pytest.mark.parametrize("arguments", [["self-test"], ["self-test", "--delegate", "reference"]])
def test_commands_print_no_line_of_the_runtime(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "edge_siamese", *arguments], check=True, capture_output=True, text=True
    )
    assert done.stderr == ""


def test_verbose_shows_what_the_runtime_printed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "edge_siamese", "-v", "self-test"], check=True, capture_output=True, text=True
    )
    assert "XNNPACK delegate" in done.stderr
