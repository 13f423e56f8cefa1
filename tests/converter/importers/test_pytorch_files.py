"""The PyTorch route. The conversion itself runs where litert-torch is installed (the extra 'import-torch')."""

import sys
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.errors import DataError, RuntimeMissingError
from edge_siamese_converter.importers import PixelInput, load_any

NEEDED = "PyTorch networks need litert-torch (the extra 'import-torch')"


@pytest.mark.parametrize("dynamic", [False, True])
def test_it_computes_from_pixels_what_the_original_does(dynamic: bool, images: np.ndarray, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason=NEEDED)
    pytest.importorskip("litert_torch", reason=NEEDED)
    torch.manual_seed(0)
    nn = torch.nn
    original = nn.Sequential(
        nn.Conv2d(3, 6, 3, 2, 1), nn.BatchNorm2d(6), nn.PReLU(6), nn.Conv2d(6, 6, 16, groups=6), nn.Flatten(), nn.Linear(6, 8)
    ).eval()  # fmt: skip
    example = torch.zeros(2 if dynamic else 1, 3, 32, 32)
    shapes = ({0: torch.export.Dim("batch")},) if dynamic else None
    torch.export.save(torch.export.export(original, (example,), dynamic_shapes=shapes), tmp_path / "n.pt2")
    network = load_any(tmp_path / "n.pt2", pixels=PixelInput.of_affine(1 / 255, 0.0))
    assert (network.source, network.input_shape) == ("pytorch", (32, 32, 3))
    inputs = torch.from_numpy(np.ascontiguousarray((images / np.float32(255)).transpose(0, 3, 1, 2)))
    assert network.embed(images) == pytest.approx(original(inputs).detach().numpy(), abs=1e-4)


def test_without_litert_torch_the_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "n.pt2").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "litert_torch", None)
    with pytest.raises(RuntimeMissingError, match=r"pip install 'edge-siamese\[import-torch\]'"):
        load_any(tmp_path / "n.pt2")


@pytest.mark.parametrize("name", ["n.pt", "n.pth", "n.safetensors"])
def test_weights_without_a_program_are_refused_with_the_way_out(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(DataError, match=r"write one with torch\.export\.save"):
        load_any(tmp_path / name)


def test_a_damaged_program_is_named(tmp_path: Path) -> None:
    pytest.importorskip("litert_torch", reason=NEEDED)
    (tmp_path / "n.pt2").write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"cannot be read as a program of torch\.export"):
        load_any(tmp_path / "n.pt2")
