"""``edge-siamese preview`` as a process: it says where it is, answers, and ends when it is told to."""

import json
import signal
import socket
import subprocess
import sys
from urllib.request import urlopen

import pytest

from edge_siamese.cli.main import main


@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(way: signal.Signals) -> None:
    command = [sys.executable, "-m", "edge_siamese", "preview", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        report = json.loads(process.stdout.readline())
        assert report["schema"] == "edge-siamese/preview/1"
        assert report["token"] is None
        with urlopen(report["url"] + "api/about", timeout=60) as response:
            about = json.loads(response.read())
        assert (about["gallery"], about["model"]) == (None, report["model"])
        process.send_signal(way)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err


def test_a_port_that_is_taken_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit) as ended:
            main(["preview", "--port", str(port)])
    assert ended.value.code == 2
    assert f"127.0.0.1 port {port}: cannot be listened on: it is taken; --port" in capsys.readouterr().err
