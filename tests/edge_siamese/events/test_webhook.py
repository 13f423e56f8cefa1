"""The webhook sink against a real HTTP server."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from edge_siamese.errors import DataError
from edge_siamese.events import Event
from edge_siamese.events.queued import QueuedSink
from edge_siamese.events.webhook import WebhookSink, signature

from .conftest import eventually, free_port


class Receiver(ThreadingHTTPServer):
    """Keeps the requests, and answers with the listed codes, then with 200."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.codes: list[int] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook/secret-path"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, dict(self.headers), body))
        code = self.server.codes.pop(0) if self.server.codes else 200
        self.send_response(code)
        if code == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        raise AssertionError("a redirect was followed")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.shutdown()
    server.server_close()


def test_an_event_arrives_with_a_signature_that_the_receiver_can_check(
    receiver: Receiver, event: Callable[..., Event]
) -> None:
    sink = WebhookSink(receiver.url, b"key", clock=lambda: 1_700_000_000.7)
    sink.emit(event(number=3, identity="Zoë", decision="match"))
    ((path, headers, body),) = receiver.requests
    assert path == "/hook/secret-path"
    assert (json.loads(body)["identity"], headers["Content-Type"]) == ("Zoë", "application/json")
    assert headers["X-Edge-Siamese-Timestamp"] == "1700000000"
    assert headers["X-Edge-Siamese-Signature"] == signature(b"key", "1700000000", body)
    assert headers["X-Edge-Siamese-Signature"] != signature(b"other", "1700000000", body)


def test_without_a_secret_there_is_no_signature(receiver: Receiver, event: Callable[..., Event]) -> None:
    WebhookSink(receiver.url).emit(event())
    assert "X-Edge-Siamese-Signature" not in receiver.requests[0][1]


def test_a_server_in_trouble_is_tried_again_with_the_same_delivery_number(
    receiver: Receiver, event: Callable[..., Event]
) -> None:
    said: list[str] = []
    receiver.codes = [503, 429, 500]
    queued = QueuedSink(WebhookSink(receiver.url), "webhook", warn=said.append, pauses=(0.01,))
    queued.emit(event(number=1))
    queued.emit(event(number=2))
    eventually(lambda: queued.delivered == 2)
    queued.close()
    numbers = [headers["X-Edge-Siamese-Delivery"] for _, headers, _ in receiver.requests]
    assert len(numbers) == 5
    assert (len(set(numbers[:4])), len(set(numbers))) == (1, 2)
    assert said[0].startswith("webhook: http://127.0.0.1:")
    assert "answers 503" in said[0]
    assert "secret-path" not in "".join(said)


@pytest.mark.parametrize("code", [400, 404, 302])
def test_an_event_that_the_server_rejects_is_left_out(
    receiver: Receiver, event: Callable[..., Event], code: int
) -> None:
    said: list[str] = []
    receiver.codes = [code]
    queued = QueuedSink(WebhookSink(receiver.url), "webhook", warn=said.append)
    queued.emit(event(number=1))
    queued.emit(event(number=2))
    queued.close()
    assert (queued.failed, queued.delivered, len(receiver.requests)) == (1, 1, 2)
    assert f"answers {code}" in said[0]


def test_a_server_that_is_not_there_yet_gets_the_event_later(event: Callable[..., Event]) -> None:
    said: list[str] = []
    port = free_port()
    queued = QueuedSink(WebhookSink(f"http://127.0.0.1:{port}/"), "webhook", warn=said.append, pauses=(0.01,))
    queued.emit(event())
    eventually(lambda: said)
    queued.close(until=0)
    assert said[0] == f"webhook: no answer of http://127.0.0.1:{port} (Connection refused)"
    assert said[-1] == "webhook: ended with 1 event not delivered"


@pytest.mark.parametrize("url", ["ftp://host/", "host", "http://", "http://anna:secret@host/"])
def test_another_url_is_one_sentence(url: str) -> None:
    with pytest.raises(DataError, match=r"expected http://... or https://") as error:
        WebhookSink(url)
    assert "secret" not in str(error.value)
