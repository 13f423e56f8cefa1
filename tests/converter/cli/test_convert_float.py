from pathlib import Path

import pytest

from edge_siamese.cli.main import main


def test_only_an_embedder_is_written_in_float_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(tmp_path / name) for name in ("weights.npz", "data.zip", "m.tflite", "float.tflite")]
    with pytest.raises(SystemExit) as ended:
        main(["convert", *files[:2], "-o", files[2], "--task", "detector", "--float", files[3]])
    assert ended.value.code == 2
    assert "are for --task embedder" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
