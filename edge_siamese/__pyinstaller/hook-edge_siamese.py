"""PyInstaller hook: adds models, page styles, modules imported by name, and the TFLite runtime."""
# ruff: noqa: N999 - PyInstaller requires this file name

from importlib.util import find_spec

from PyInstaller.utils.hooks import collect_data_files, collect_dynamic_libs, collect_submodules, copy_metadata

# The package uses the first one installed (edge_siamese.tflite.runtime).
_RUNTIMES = (("ai_edge_litert", "ai-edge-litert"), ("tflite_runtime", "tflite-runtime"))


def _is_needed(module: str) -> bool:
    return "__pyinstaller" not in module


datas = collect_data_files("edge_siamese", excludes=["py.typed"])
hiddenimports = collect_submodules("edge_siamese", filter=_is_needed)
binaries: list[tuple[str, str]] = []

for _package, _distribution in _RUNTIMES:
    if find_spec(_package):
        # The compilers for other vendors' accelerators are large and need the vendors' libraries.
        binaries += [pair for pair in collect_dynamic_libs(_package) if "vendors" not in pair[1]]
        datas += copy_metadata(_distribution)
        hiddenimports.append(f"{_package}.interpreter")
        break
