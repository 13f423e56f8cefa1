import shutil
from pathlib import Path

import pytest

from edge_siamese.errors import DataError, EdgeSiameseError, RuntimeMissingError
from edge_siamese.models import default_model
from edge_siamese_benchmarks.delegates.agreement import DelegateModel
from edge_siamese_benchmarks.delegates.ethos_u import check_accelerator, estimate, find_vela

SUMMARY = "experiment,inference_time,cycles_total,sram_memory_used,dram_memory_used,off_chip_flash_memory_used\ndefault,0.0024,1213113,86.875,0.0,670.0625\n"


def fake_vela(tmp_path: Path, body: str) -> Path:
    """A program in vela's place: prints the placement and writes the summary."""
    program = tmp_path / "vela"
    program.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo 5.2.0 && exit\n{body}\n')
    program.chmod(0o755)
    return program


@pytest.mark.skipif(shutil.which("vela") is None, reason="vela is not on the PATH: pip install ethos-u-vela")
def test_vela_places_the_shipped_embedder_whole() -> None:
    found = estimate(DelegateModel.read(default_model("embedder-small")), "ethos-u55-128", find_vela(None))
    assert found.on_cpu == 0
    assert found.on_npu > 50
    assert 0.1 < found.ms < 100


def test_the_estimate_is_labeled_as_one(tmp_path: Path) -> None:
    body = (
        f"echo 'CPU operators = 1 (1.0%)'; echo 'NPU operators = 76 (99.0%)'; printf '{SUMMARY}' > $4/m_summary_x.csv"
    )
    found = estimate(DelegateModel.read(default_model("embedder-small")), "ethos-u55-128", fake_vela(tmp_path, body))
    assert (found.cycles, found.on_npu, found.on_cpu, found.vela) == (1213113, 76, 1, "5.2.0")
    assert found.ms == pytest.approx(2.4)
    assert "87 KiB SRAM, 670 KiB flash; 76 operators" in found.text()
    assert "estimated by vela 5.2.0, not measured" in found.text()
    assert found.to_json()["basis"] == "estimated"


def test_a_failing_vela_is_one_sentence(tmp_path: Path) -> None:
    model = DelegateModel.read(default_model("embedder-small"))
    with pytest.raises(EdgeSiameseError, match="embedder-small is not compiled: Error: no such accelerator"):
        estimate(model, "ethos-u55-128", fake_vela(tmp_path, "echo 'Error: no such accelerator' >&2; exit 1"))
    with pytest.raises(EdgeSiameseError, match="its summary is not as expected"):
        estimate(model, "ethos-u55-128", fake_vela(tmp_path, "printf 'a,b\\n1,2\\n' > $4/m_summary_x.csv"))


def test_a_missing_vela_names_its_package(tmp_path: Path) -> None:
    with pytest.raises(RuntimeMissingError, match="needs the program vela: pip install ethos-u-vela"):
        find_vela(tmp_path / "vela")


@pytest.mark.parametrize("name", ["u55", "ethos-u99-128", "ethos-u55", ""])
def test_an_accelerator_has_a_form(name: str) -> None:
    with pytest.raises(DataError, match="ethos-u: expected a configuration such as ethos-u55-128"):
        check_accelerator(name)
