"""PyInstaller support: an application that imports `edge_siamese` gets models, data files and the TFLite runtime with it.

PyInstaller finds the hook through the entry point ``pyinstaller40``; nothing has to be asked for.
"""

from pathlib import Path


def get_hook_dirs() -> list[str]:
    """Folders with hooks, as PyInstaller asks for them."""
    return [str(Path(__file__).parent)]
