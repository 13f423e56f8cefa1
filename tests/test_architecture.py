"""Who may import whom: the device package knows nothing of what is built on it, and those know nothing of each other."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DEVICE = "edge_siamese"
ROOMS = {
    "converter": "edge_siamese_converter",
    "firmware_tools": "edge_siamese_firmware",
    "benchmarks": "edge_siamese_benchmarks",
}
BARE_INSTALL = {"numpy", "cv2", "click"}
OF_EXTRAS = {
    "edge_siamese": set[str](),
    "converter": {"ai_edge_litert", "tensorflow", "keras", "flatbuffers", "pydantic", "rich"},
    "firmware_tools": set[str](),
    "benchmarks": set[str](),
}
OF_WEB = {"fastapi", "starlette", "uvicorn", "pydantic"}
OF_PACKAGES = {"edge_siamese/web/": OF_WEB, "converter/tasks/embedder/accelerator/": {"jax"}}


def modules(folder: str) -> list[Path]:
    """Modules of a folder, without the hook that only PyInstaller runs."""
    return sorted(path for path in (ROOT / folder).rglob("*.py") if not path.name.startswith("hook-"))


def imported(statement: ast.stmt) -> Iterator[str]:
    """Root packages of an absolute import."""
    if isinstance(statement, ast.Import):
        yield from (alias.name.split(".")[0] for alias in statement.names)
    elif isinstance(statement, ast.ImportFrom) and statement.level == 0:
        yield (statement.module or "").split(".")[0]


def all_imports(path: Path) -> set[str]:
    """Root packages of every absolute import of a module, wherever it stands."""
    return {
        name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.stmt) for name in imported(node)
    }


def imports_on_loading(path: Path) -> set[str]:
    """Root packages that loading a module imports without a condition."""

    def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
        for statement in body:
            yield statement
            if isinstance(statement, ast.ClassDef | ast.With):
                yield from statements(statement.body)

    return {name for statement in statements(ast.parse(path.read_text()).body) for name in imported(statement)}


def beyond_their_package(path: Path, folder: Path) -> list[str]:
    """Relative imports of a module that leave the folder it lies in."""
    depth = len(path.relative_to(folder).parts)
    nodes = ast.walk(ast.parse(path.read_text()))
    return [
        f"{'.' * node.level}{node.module}" for node in nodes if isinstance(node, ast.ImportFrom) and node.level > depth
    ]


@pytest.mark.parametrize("folder", [DEVICE, *ROOMS])
def test_imports_only_point_down(folder: str) -> None:
    upwards = {*ROOMS, *ROOMS.values()} - {folder, ROOMS.get(folder)}
    found = {str(path.relative_to(ROOT)): all_imports(path) & upwards for path in modules(folder)}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize("folder", ROOMS)
def test_a_room_refers_to_itself_relatively(folder: str) -> None:
    found = {str(path.relative_to(ROOT)): all_imports(path) & {folder, ROOMS[folder]} for path in modules(folder)}
    assert {path: names for path, names in found.items() if names} == {}
    assert [name for path in modules(folder) for name in beyond_their_package(path, ROOT / folder)] == []


@pytest.mark.parametrize("folder", [DEVICE, *ROOMS])
def test_loading_a_module_needs_only_what_is_declared(folder: str) -> None:
    allowed = {*sys.stdlib_module_names, *BARE_INSTALL, *OF_EXTRAS[folder], DEVICE}
    found = {str(path.relative_to(ROOT)): imports_on_loading(path) - allowed for path in modules(folder)}
    unexpected = {path: names - of_package(path) for path, names in found.items() if names - of_package(path)}
    assert unexpected == {}


def of_package(path: str) -> set[str]:
    """Packages of the extra that the package of a module needs alone."""
    return next((names for package, names in OF_PACKAGES.items() if path.startswith(package)), set())


@pytest.mark.parametrize("package", OF_PACKAGES)
def test_a_package_with_an_extra_of_its_own_uses_it(package: str) -> None:
    assert set().union(*(imports_on_loading(path) for path in modules(package))) & OF_PACKAGES[package]


def test_only_the_web_package_imports_the_packages_of_its_extra() -> None:
    found = {path: all_imports(path) & OF_WEB for path in modules(DEVICE)}
    assert {path.parent.name for path, names in found.items() if names} == {"web"}


def test_the_rules_see_what_they_forbid(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text("import keras.layers\ndef f():\n    import rich\nfrom .. import x\nif 1:\n    import picamera2\n")
    assert imports_on_loading(module) == {"keras"}
    assert all_imports(module) == {"keras", "rich", "picamera2"}
    assert beyond_their_package(module, tmp_path) == ["..None"]


def classes() -> dict[str, list[str]]:
    """Modules that define a class of each name; a leading underscore makes no other name."""
    found: dict[str, list[str]] = {}
    for path in (path for folder in (DEVICE, *ROOMS) for path in modules(folder)):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name.lstrip("_"), []).append(str(path.relative_to(ROOT)))
    return found


def test_a_class_name_is_defined_once() -> None:
    assert len(classes()) > 300
    assert {name: where for name, where in classes().items() if len(where) > 1} == {}


def test_pairs_of_images_have_three_types() -> None:
    """By name, as a list has them; by index, as samplers draw them; with scores, as metrics take them."""
    names = {name for name in classes() if name.endswith(("Pair", "Pairs", "PairList"))}
    assert names == {"ListedPairs", "IndexPairs", "ScoredPairs"}


def test_no_modules_import_each_other_in_a_circle() -> None:
    grimp = pytest.importorskip("grimp", reason="import circles are found with import-linter's grimp")
    packages = (DEVICE, *ROOMS.values())
    graph = grimp.build_graph(*packages, cache_dir=None, exclude_type_checking_imports=True)
    assert len(graph.modules) > 300
    assert circles({name: graph.find_modules_directly_imported_by(name) for name in graph.modules}) == []


def circles(imports: dict[str, set[str]]) -> list[str]:
    """Modules that import themselves by way of others: what is left when modules without imports left are taken away."""
    left = {name: set(others) for name, others in imports.items()}
    while free := [name for name, others in left.items() if not others & set(left)]:
        for name in free:
            del left[name]
    return sorted(left)


def test_a_circle_is_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["a", "b", "c"]
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []
