"""Import times are added up by package."""

from edge_siamese_benchmarks.memory.imports import ImportCost, by_package, measure_imports, parse_import_times

TEXT = """\
import time: self [us] | cumulative | imported package
import time:       200 |        200 |   _io
import time:        50 |        250 | encodings.utf_8
import time:       900 |       1000 |   numpy.core
warning: something else
import time:       100 |       1100 | numpy
"""


def test_lines_are_read_and_others_left_out() -> None:
    assert list(parse_import_times(TEXT)) == [
        ("_io", 200), ("encodings.utf_8", 50), ("numpy.core", 900), ("numpy", 100)
    ]  # fmt: skip


def test_a_packages_modules_are_added_up_and_pythons_own_are_one() -> None:
    assert by_package(parse_import_times(TEXT)) == [ImportCost("numpy", 2, 1000), ImportCost("Python", 2, 250)]


def test_the_device_loop_imports_what_it_needs_and_no_extra() -> None:
    packages = {cost.package: cost for cost in measure_imports()}
    assert {"Python", "numpy", "cv2", "click", "edge_siamese"} <= set(packages)
    assert not {"matplotlib", "jinja2", "tensorflow", "keras", "pydantic", "edge_siamese_converter"} & set(packages)
    assert packages["edge_siamese"].modules > 20
    assert all(cost.microseconds >= 0 for cost in packages.values())
