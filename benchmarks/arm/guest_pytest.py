"""A pytest plugin for the arm64 Python: programs that tests start run on it too.

The host's kernel cannot start an arm64 program, so ``sys.executable`` becomes a script that starts it under QEMU.
"""

import os
import sys

EXECUTABLE_VARIABLE = "EDGE_SIAMESE_ARM_PYTHON"

sys.executable = os.environ.get(EXECUTABLE_VARIABLE, sys.executable)
