"""What `edge_siamese` exports: the names, where they come from, that they are documented, and that importing costs nothing."""

import inspect
import subprocess
import sys
import typing

import pytest

import edge_siamese
from edge_siamese import errors

NAMES = {
    "FaceEngine", "ComparisonResult", "Face", "Embedding", "Frame", "read_image", "open_source",
    "Gallery", "Decision", "Outcome", "Reason", "OperatingPoint", "Verifier", "FaceResult",
}  # fmt: skip
ERRORS = {
    name
    for name, value in vars(errors).items()
    if inspect.isclass(value) and issubclass(value, errors.EdgeSiameseError)
}
EXPORTED = sorted(NAMES | ERRORS)


def test_the_exported_names_are_these() -> None:
    assert set(edge_siamese.__all__) == {"__version__"} | NAMES | ERRORS
    assert dir(edge_siamese) == sorted(edge_siamese.__all__)


@pytest.mark.parametrize("name", EXPORTED)
def test_a_name_is_the_class_or_function_of_its_module(name: str) -> None:
    value = getattr(edge_siamese, name)
    assert value.__name__ == name
    assert value.__module__.startswith("edge_siamese.")


@pytest.mark.parametrize("name", EXPORTED)
def test_a_name_and_its_public_members_are_documented(name: str) -> None:
    value = getattr(edge_siamese, name)
    assert value.__doc__
    assert not value.__doc__.startswith(f"{name}("), "a dataclass without a docstring gets its signature as one"
    members = {
        member: found
        for member, found in vars(value).items()
        if inspect.isclass(value)
        and not member.startswith("_")
        and (inspect.isfunction(found) or isinstance(found, property | classmethod | staticmethod))
    }
    assert [member for member, found in members.items() if not inspect.getdoc(found)] == []


def test_type_checkers_see_every_name() -> None:
    source = inspect.getsource(edge_siamese)
    imported = {line.split(" as ")[1] for line in source.splitlines() if line.startswith("    from .")}
    assert imported == NAMES | ERRORS
    assert not typing.TYPE_CHECKING


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'edge_siamese' has no attribute 'Galery'"):
        edge_siamese.Galery  # noqa: B018


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys, edge_siamese; print([m for m in ('numpy', 'cv2', 'click', 'edge_siamese.engine') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
