"""The server on real sockets: slow, large, silent and dead clients, TLS, and its end."""

import http.client
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.decision import Reason, undecided
from edge_siamese.errors import DataError
from edge_siamese.face_result import FaceResult
from edge_siamese.frames import Frame
from edge_siamese.web import limits, middleware, server
from edge_siamese.web.live import LiveHub
from edge_siamese.web.server import Certificate, WebServer

Serve = Callable[..., Any]


def get(port: int, path: str = "/api/v1/about") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def opened(port: int, data: bytes) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    client.sendall(data)
    return client


def read_all(client: socket.socket) -> bytes:
    found = b""
    try:
        while chunk := client.recv(65536):
            found += chunk
    except ConnectionResetError:
        pass
    return found


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "])
def test_a_client_that_never_ends_its_head_is_disconnected(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(server, "HEAD_S", 0.5)
    with serve() as page:
        clients = [opened(page.port, begun) for _ in range(20)]
        begin = time.monotonic()
        if begun:
            time.sleep(0.3)
            clients[0].sendall(b"x")
        assert get(page.port) == 200
        assert [read_all(client) for client in clients] == [b""] * 20
        assert time.monotonic() - begin < 5
        for client in clients:
            client.close()


def test_connections_beyond_the_limit_are_closed_at_once(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 4)
    with serve() as page:
        clients = [opened(page.port, b"") for _ in range(20)]
        for client in clients[8:]:
            client.settimeout(5)
            assert read_all(client) == b""
        clients[0].settimeout(0.2)
        with pytest.raises(TimeoutError):
            clients[0].recv(1)
        for client in clients:
            client.close()
        time.sleep(0.2)
        assert get(page.port) == 200


def test_a_body_that_trickles_is_rejected_after_its_time(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "BODY_S", 0.5)
    monkeypatch.setattr(server, "HEAD_S", 0.5)
    assert limits.BODY_S == 60
    with serve() as page:
        head = (
            b"POST /api/v1/verify HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
        )
        client = opened(page.port, head)
        answer = read_all(client)
        client.close()
        assert b"408" in answer.split(b"\r\n")[0]
        assert b"did not arrive within 0.5 s" in answer
        assert get(page.port) == 200


def test_a_hundred_megabytes_are_rejected_before_they_are_sent(serve: Serve) -> None:
    with serve() as page:
        head = (
            b"POST /api/v1/verify HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000000\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        )
        client = opened(page.port, head)
        answer = b""
        while b"}" not in answer:
            answer += client.recv(65536)
        client.close()
        assert b"413" in answer.split(b"\r\n")[0]
        assert b"expected at most 48 MB of photos, found 100 MB" in answer


def test_a_client_that_sends_a_hundred_megabytes_gets_its_answer(serve: Serve) -> None:
    with serve() as page:
        connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=60)
        connection.request("POST", "/api/v1/verify", bytes(100_000_000), {"Content-Type": "image/png"})
        response = connection.getresponse()
        assert response.status == 413
        connection.close()
        assert get(page.port) == 200


def test_a_request_that_is_cut_short_does_no_harm(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    with serve() as page:
        for kind in (b"image/png", b"multipart/form-data; boundary=b"):
            head = b"POST /api/v1/verify HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\nContent-Type: " + kind
            client = opened(page.port, head + b"\r\n\r\n--b\r\n")
            time.sleep(0.1)
            client.close()
        time.sleep(0.1)
        assert get(page.port) == 200
    assert caplog.text == ""


@pytest.mark.parametrize(
    "data", [b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\0" * 100_000]
)
def test_what_is_no_request_is_rejected(serve: Serve, data: bytes) -> None:
    with serve() as page:
        client = opened(page.port, data + b"\r\n\r\n")
        assert read_all(client)[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 421", b"")
        client.close()
        assert get(page.port) == 200


def show(hub: LiveHub, number: int) -> None:
    rng = np.random.default_rng(number)
    frame = Frame(rng.integers(0, 255, (480, 640, 3), np.uint8), number, number, "door")
    hub.show(FaceResult(frame, None, None, None, undecided(Reason.NO_FACE), True, 1))


def test_a_viewer_that_does_not_read_holds_up_nobody(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "WRITE_S", 0.5)
    hub = LiveHub()
    with serve(hub=hub) as page:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", page.port))
        client.sendall(b"GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        longest = 0.0
        for number in range(30):
            begin = time.monotonic()
            show(hub, number)
            longest = max(longest, time.monotonic() - begin)
            time.sleep(0.1)
        assert longest < 0.1
        assert get(page.port) == 200
        client.settimeout(10)
        received = read_all(client)
        client.close()
        assert len(received) < 30 * 300_000
        hub.close()


def test_viewers_beyond_the_limit_are_rejected_and_gone_ones_make_room(serve: Serve) -> None:
    hub = LiveHub()
    with serve(hub=hub) as page:
        request = b"GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        clients = [opened(page.port, request) for _ in range(8)]
        for client in clients:
            assert client.recv(15) == b"HTTP/1.1 200 OK"
        time.sleep(0.3)
        assert get(page.port, "/api/v1/live") == 503
        for client in clients:
            client.close()
        until = time.monotonic() + 20
        while True:
            probe = opened(page.port, request)
            status = probe.recv(12)
            probe.close()
            if status == b"HTTP/1.1 200" or time.monotonic() > until:
                break
            time.sleep(0.2)
        assert status == b"HTTP/1.1 200"
        hub.close()


def test_the_server_ends_quickly_with_open_views(serve: Serve) -> None:
    hub = LiveHub()
    with serve(hub=hub) as page:
        client = opened(page.port, b"GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert client.recv(15) == b"HTTP/1.1 200 OK"
        begin = time.monotonic()
    assert time.monotonic() - begin < 2.5
    assert hub.latest() is None
    client.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("a certificate is made with openssl, which is not installed")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
        ],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return folder / "cert.pem", folder / "key.pem"


def test_the_page_is_served_with_a_certificate(serve: Serve, certificate: tuple[Path, Path]) -> None:
    trusted = ssl.create_default_context(cafile=str(certificate[0]))
    with serve(certificate=Certificate(*certificate), token="t" * 16, secure=True) as page:
        assert page.url == f"https://127.0.0.1:{page.port}/"
        connection = http.client.HTTPSConnection("127.0.0.1", page.port, timeout=30, context=trusted)
        body = f'{{"token": "{"t" * 16}"}}'
        connection.request("POST", "/api/v1/session", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        assert response.status == 200
        assert "Secure" in response.headers["Set-Cookie"]
        response.read()
        connection.close()
        plain = opened(page.port, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert b"200" not in read_all(plain)
        plain.close()


def test_a_certificate_that_cannot_be_used_is_named(certificate: tuple[Path, Path], tmp_path: Path) -> None:
    cert, key = certificate
    text = tmp_path / "notes.pem"
    text.write_text("dear somebody")
    for chain, given, name in (
        (tmp_path / "absent.pem", key, "absent.pem: cannot be read"),
        (cert, tmp_path / "absent.key", "absent.key: cannot be read"),
        (text, key, "notes.pem: expected a PEM certificate"),
        (cert, None, "cert.pem: expected a PEM certificate"),
        (cert, cert, "cert.pem: expected a PEM certificate"),
    ):
        with pytest.raises(DataError, match=name):
            WebServer("127.0.0.1", 0, certificate=Certificate(chain, given))


def test_an_address_that_is_taken_or_absent_is_named() -> None:
    taken = WebServer("127.0.0.1", 0)
    with pytest.raises(DataError, match=f"127.0.0.1 port {taken.port}: cannot be listened on: it is taken"):
        WebServer("127.0.0.1", taken.port)
    taken.close()
    with pytest.raises(DataError, match=r"192\.0\.2\.1 port 0: cannot be listened on"):
        WebServer("192.0.2.1", 0)
    with pytest.raises(DataError, match="cannot be listened on"):
        WebServer("no such host", 0)
