"""PyInstaller support: bundles models, data files and the TFLite runtime with applications that import `edge_siamese`.

PyInstaller finds the hook through the entry point ``pyinstaller40``; no option is needed.
"""

from pathlib import Path


def get_hook_dirs() -> list[str]:
    """Folders with PyInstaller hooks; called by PyInstaller."""
    return [str(Path(__file__).parent)]
