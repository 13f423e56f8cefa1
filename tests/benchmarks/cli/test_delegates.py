import json
from pathlib import Path

import pytest

from edge_siamese.cli.main import main
from edge_siamese_benchmarks.timing.journal import read_journal

SHORT = ["--repeat", "8", "--warmup", "1", "--threads", "1"]


def run(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["bench", "delegates", *arguments])
    output = capsys.readouterr()
    return int(ended.value.code or 0), output.out, output.err


def test_a_document_holds_speed_and_agreement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = tmp_path / "raw.jsonl"
    code, out, _ = run(["embedder-small", *SHORT, "--delegate", "xnnpack", "--raw", str(raw), "--json"], capsys)
    assert code == 0
    report = json.loads(out)
    (result,) = report["results"]
    assert (result["model"], result["delegate"], result["threads"]) == ("embedder-small", "xnnpack", 1)
    assert result["latency"]["samples"] == 8
    assert result["agreement"]["min_cosine"] > 0.98
    assert report["edge_tpu"]["checks"][0]["unsupported"] == []
    assert report["ethos_u"] == report["profiles"] == []
    assert len(read_journal(raw)[1].samples["embedder-small, xnnpack, 1 thread"]) == 8


def test_only_an_absent_delegate_fails_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(["embedder-small", *SHORT, "--delegate", "edgetpu"], capsys)
    if code:
        assert "libedgetpu" in out
        assert "no delegate could be measured; the reasons are above" in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["no-such-model"], "no-such-model"),
        (["embedder-small", "embedder-small"], "expected every model once"),
        (["--threads", "many"], "threads: expected numbers from 1 to 64"),
        (["--repeat", "1000000000"], "Invalid value for '--repeat'"),
        (["--ethos-u", "u55"], "ethos-u: expected a configuration such as"),
        (["--edgetpu-log", "none.log"], "none.log"),
        (["--max-seconds", "nan"], "expected a finite number"),
    ],
)
def test_bad_usage_is_one_sentence(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(arguments, capsys)
    assert code == 2
    assert sentence in err
    assert "Traceback" not in err
