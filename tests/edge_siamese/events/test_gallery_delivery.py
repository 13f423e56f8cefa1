"""Galleries travel over a real mosquitto: every device installs and answers, or says why not."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.cli.main import main
from edge_siamese.events.broker import Broker
from edge_siamese.events.gallery_delivery import DeviceAnswer, GalleryReceiver, publish_gallery
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.container.writer import encode
from edge_siamese.gallery.delivery.install import install
from edge_siamese.gallery.delivery.patch import make_patch
from edge_siamese.models import default_model
from edge_siamese.tflite.model_card import read_card

from .conftest import eventually


def gallery_bytes(sequence: int) -> bytes:
    empty = Gallery((), (), np.empty((0, 4), np.int8), np.empty(0, np.uint32), 0, bytes(16), sequence=sequence)
    return encode(empty.with_people({"anna": np.full((1, 4), sequence, np.int8)}))


@pytest.fixture
def receive(tmp_path: Path) -> Any:
    """``receive(port, device)``: the first answer of a device, from a thread; the folder has the device's name."""

    def started(port: int, device: str) -> Callable[[], DeviceAnswer | None]:
        found: list[DeviceAnswer | None] = []

        def work() -> None:
            folder = tmp_path / device
            receiver = GalleryReceiver(Broker("127.0.0.1", port), "home", device, folder, lambda p: install(p, folder))
            found.append(receiver.next_answer(30))
            receiver.close()

        thread = threading.Thread(target=work)
        thread.start()

        def answer() -> DeviceAnswer | None:
            thread.join(30)
            return found[0]

        return answer

    return started


def test_every_device_installs_and_answers(mosquitto: Any, receive: Any, tmp_path: Path) -> None:
    port = mosquitto().port
    waiting = [receive(port, "door"), receive(port, "gate")]
    answers = publish_gallery(Broker("127.0.0.1", port), "home", gallery_bytes(3), 3, devices=2, timeout_s=30)
    assert [(answer.device, answer.sequence, answer.installed) for answer in answers] == [
        ("door", 3, True),
        ("gate", 3, True),
    ]
    assert [wait() for wait in waiting] == answers
    assert Gallery.open(tmp_path / "door").sequence == 3


def test_a_device_that_connects_later_receives_the_retained_gallery(
    mosquitto: Any, receive: Any, subscribe: Any
) -> None:
    port = mosquitto().port
    assert publish_gallery(Broker("127.0.0.1", port), "home", gallery_bytes(1), 1) == []
    answer = receive(port, "Hof/1")()
    assert answer is not None
    assert (answer.device, answer.installed) == ("Hof/1", True)
    seen = subscribe(port, "home/gallery/#")
    retained = eventually(lambda: {k: v for k, v in seen.retained().items() if "device" in k or "receiver" in k})
    assert len(retained) >= 1
    assert all("Hof/1" not in topic for topic in retained)


def test_a_gallery_that_is_not_accepted_is_answered_with_the_reason(
    mosquitto: Any, receive: Any, tmp_path: Path
) -> None:
    port = mosquitto().port
    (tmp_path / "new.esg").write_bytes(gallery_bytes(5))
    install(tmp_path / "new.esg", tmp_path / "door")
    waiting = receive(port, "door")
    (answer,) = publish_gallery(Broker("127.0.0.1", port), "home", gallery_bytes(4), 4, devices=1, timeout_s=30)
    assert not answer.installed
    assert "a stale gallery: expected a sequence number above 5" in str(answer.why)
    assert waiting() == answer
    assert Gallery.open(tmp_path / "door").sequence == 5


def test_a_patch_is_delivered_as_well(mosquitto: Any, receive: Any, tmp_path: Path) -> None:
    port = mosquitto().port
    (tmp_path / "old.esg").write_bytes(gallery_bytes(1))
    install(tmp_path / "old.esg", tmp_path / "door")
    receive(port, "door")
    patch = make_patch(gallery_bytes(1), gallery_bytes(2))
    (answer,) = publish_gallery(Broker("127.0.0.1", port), "home", patch, 2, devices=1, timeout_s=30)
    assert answer.installed
    assert Gallery.open(tmp_path / "door").sequence == 2


@pytest.mark.parametrize("text", ["hello", "{}", '{"sequence": 1, "sha256": "", "gallery": "?"}'])
def test_a_message_that_is_no_gallery_is_answered(mosquitto: Any, receive: Any, subscribe: Any, text: str) -> None:
    port = mosquitto().port
    subscribe(port, "none").client.publish("home/gallery/latest", text, qos=1, retain=True)
    answer = receive(port, "door")()
    assert answer is not None
    assert (answer.installed, answer.why) == (False, "expected a gallery in JSON, found something else")


def test_damage_on_the_way_is_noticed(mosquitto: Any, receive: Any, subscribe: Any) -> None:
    port = mosquitto().port
    publish_gallery(Broker("127.0.0.1", port), "home", gallery_bytes(1), 1)
    seen = subscribe(port, "home/gallery/latest")
    (text,) = eventually(lambda: seen.texts("latest"))
    body = json.loads(text)
    body["gallery"] = "AAAA" + body["gallery"][4:]
    seen.client.publish("home/gallery/latest", json.dumps(body), qos=1, retain=True)
    eventually(lambda: len(seen.texts("latest")) > 1)
    answer = receive(port, "door")()
    assert answer is not None
    assert answer.why == "the gallery was damaged on the way"


def test_the_commands_publish_and_receive(
    mosquitto: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"mqtt://127.0.0.1:{mosquitto().port}"
    monkeypatch.chdir(tmp_path)
    Gallery.empty(read_card(default_model("embedder"))).save("people.esg")
    for words, code in (([], 0), (["--devices", "1", "--timeout", "0.2"], 1)):
        with pytest.raises(SystemExit) as ended:
            main(["gallery", "publish", "people.esg", "--mqtt", url, *words])
        assert ended.value.code == code
    assert "people.esg: sequence 1 published; installed by 0 devices" in capsys.readouterr().out
    command = [sys.executable, "-m", "edge_siamese", "gallery", "receive", "slots", "--once", "--json"]
    done = subprocess.run([*command, "--mqtt", url, "--mqtt-name", "door"], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["device"], report["sequence"], report["installed"]) == ("door", 1, True)
    assert Gallery.open("slots").names == ()


def test_the_commands_need_a_broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["gallery", "receive", "slots"])
    assert (ended.value.code, "expected the broker with --mqtt" in capsys.readouterr().err) == (2, True)
