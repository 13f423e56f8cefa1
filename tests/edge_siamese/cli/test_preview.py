"""``edge-siamese preview`` as a process: it says where it is, answers, and ends when it is told to."""

import importlib.util
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from edge_siamese.cli.main import main

pytest.importorskip("fastapi", reason="the page needs the extra 'web'")


def started(*words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "edge_siamese", "preview", "--port", "0", "--json", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_a_signal_ends_it(way: signal.Signals, tmp_path: Path) -> None:
    gallery = tmp_path / "new.esg"
    with started("--gallery", str(gallery)) as process:
        assert process.stdout is not None
        report = json.loads(process.stdout.readline())
        assert report["schema"] == "edge-siamese/preview/1"
        assert report["token"] is None
        assert report["login"] == report["url"]
        with urlopen(report["url"] + "api/v1/about", timeout=60) as response:
            about = json.loads(response.read())
        assert (about["gallery"], about["model"]) == (str(gallery), report["model"])
        process.send_signal(way)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")
    assert "no gallery yet" in err
    assert "Traceback" not in err
    assert not gallery.exists()


def test_another_address_requires_the_token_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    with started("--host", "0.0.0.0", "--token-file", str(path)) as process:
        assert process.stdout is not None
        report = json.loads(process.stdout.readline())
        token = path.read_text().strip()
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        assert report["token"] == token
        assert report["login"] == f"{report['url']}login#{token}"
        port = int(report["url"].rstrip("/").rpartition(":")[2])
        request = Request(f"http://127.0.0.1:{port}/api/v1/about", headers={"Authorization": f"Bearer {token}"})
        with urlopen(request, timeout=60) as response:
            assert json.loads(response.read())["login"] is True
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert "not encrypted" in err


def failed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(["preview", *words])
    code = ended.value.code
    assert isinstance(code, int)
    return code, capsys.readouterr().err


def test_a_port_that_is_taken_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, err = failed(capsys, "--port", str(port))
    assert code == 2
    assert f"127.0.0.1 port {port}: cannot be listened on: it is taken; choose another address" in err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--tls-key", "key.pem"), "--tls-key: expected --tls-cert as well"),
        (("--tls-cert", "absent.pem"), "absent.pem: cannot be read"),
        (("--token-file", "absent/token"), "absent/token: the token cannot be read or created"),
        (("--gallery", "absent/g.esg"), "absent/g.esg: there is no folder"),
    ],
)
def test_bad_options_are_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...],
    sentence: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    code, err = failed(capsys, "--port", "0", *words)
    assert code == 2
    assert sentence in err


@pytest.mark.parametrize("token", ["short", "two words of sixteen", ""])
def test_a_weak_token_is_rejected(capsys: pytest.CaptureFixture[str], tmp_path: Path, token: str) -> None:
    path = tmp_path / "token"
    path.write_text(token)
    code, err = failed(capsys, "--port", "0", "--token-file", str(path))
    assert (code, "at least 16 characters" in err) == (2, True)


def test_without_the_extra_it_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec = importlib.util.find_spec
    for package in ("fastapi", "uvicorn", "python_multipart"):
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name, missing=package: None if name == missing else find_spec(name)
        )
        code, err = failed(capsys)
        assert code == 2
        assert err.startswith(f"Error: 'preview' needs {package}, which is not installed: ")
        assert err.endswith("-m pip install 'edge-siamese[web]'\n")
