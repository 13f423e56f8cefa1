import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.reports.run_report import RunArrays, RunReport


def test_a_document_survives_its_file(report: RunReport, tmp_path: Path) -> None:
    report.save(tmp_path)
    assert RunReport.read(tmp_path).model_dump_json() == report.model_dump_json()


def test_arrays_survive_their_file(arrays: RunArrays, tmp_path: Path) -> None:
    arrays.save(tmp_path)
    again = RunArrays.read(tmp_path)
    for field in fields(RunArrays):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(arrays, field.name))
    float_only = replace(arrays, int8_embeddings=None, int8_scores=None)
    float_only.save(tmp_path)
    assert RunArrays.read(tmp_path).int8_embeddings is None


def test_int8_vectors_lose_their_zero_point(arrays: RunArrays) -> None:
    shifted = replace(arrays, zero_point=3)
    assert arrays.int8_embeddings is not None
    np.testing.assert_array_equal(shifted.vectors(int8=True), arrays.int8_embeddings - np.float32(3))
    with pytest.raises(DataError, match="no int8 embeddings"):
        replace(arrays, int8_embeddings=None).vectors(int8=True)
    with pytest.raises(DataError, match="no int8 scores"):
        replace(arrays, int8_scores=None).scored_pairs(int8=True)


@pytest.mark.parametrize("change", [{"format": "edge-siamese/run-report/9"}, {"data": {}}, {"color": "blue"}])
def test_another_document_is_rejected(report: RunReport, tmp_path: Path, change: dict[str, object]) -> None:
    content = json.loads(report.model_dump_json()) | change
    (tmp_path / "report.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match=rf"report\.json: expected the report of a run; {next(iter(change))}"):
        RunReport.read(tmp_path)


def test_an_unfinished_run_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"expected the folder of a finished run, found no report\.json"):
        RunReport.read(tmp_path)
    with pytest.raises(DataError, match=r"evaluation\.npz: expected the arrays of a finished run"):
        RunArrays.read(tmp_path)
    (tmp_path / "evaluation.npz").write_bytes(b"PK half a file")
    with pytest.raises(DataError, match="cannot read them"):
        RunArrays.read(tmp_path)


def test_arrays_that_do_not_fit_each_other_are_rejected(arrays: RunArrays, tmp_path: Path) -> None:
    replace(arrays, thumbnails=arrays.thumbnails[:7]).save(tmp_path)
    with pytest.raises(DataError, match="expected thumbnails of 40 images, found 7"):
        RunArrays.read(tmp_path)
    replace(arrays, class_names=["one"]).save(tmp_path)
    with pytest.raises(DataError, match="has an index out of range"):
        RunArrays.read(tmp_path)
