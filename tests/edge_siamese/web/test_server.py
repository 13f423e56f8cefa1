"""The server over HTTP: the JSON of the questions, and every way of being refused."""

import base64
import http.client
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge_siamese.alignment import align
from edge_siamese.engine import FaceEngine
from edge_siamese.gallery import Gallery
from edge_siamese.image_io import read_image
from edge_siamese.matching import Q15, score_q15
from edge_siamese.operating_point import choose_operating_point
from edge_siamese.web import server as server_module
from edge_siamese.web.guard import HEADERS, Guard
from edge_siamese.web.server import PreviewServer

Serve = Callable[..., Any]
BOUNDARY = "----b0undary"


def request(
    server: PreviewServer, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def ask(server: PreviewServer, question: str, photos: dict[str, Path], **headers: str) -> tuple[int, dict[str, Any]]:
    """Post photos by field."""
    body = b"".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="{path.name}"\r\n\r\n'.encode()
        + path.read_bytes()
        + b"\r\n"
        for field, path in photos.items()
    )
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    sent = body + f"--{BOUNDARY}--\r\n".encode()
    response, answer = request(server, "POST", f"/api/{question}", sent, Content_Type=kind, **headers)
    assert response.headers["Content-Type"] == "application/json"
    envelope: dict[str, Any] = json.loads(answer)
    return response.status, envelope


def test_two_photos_are_compared_as_the_engine_does(serve: Serve, photos: dict[str, Path], engine: FaceEngine) -> None:
    with serve() as server:
        status, envelope = ask(server, "verify", {"first": photos["ada"], "second": photos["again"]})
    assert status == 200
    assert envelope["schema"] == "edge-siamese/preview-verify/1"
    assert envelope["model"] == engine.digests
    images = [read_image(photos[name]) for name in ("ada", "again")]
    faces = [engine.detect(image)[0] for image in images]
    first, second = (engine.embed(image, face) for image, face in zip(images, faces, strict=True))
    point = choose_operating_point(engine.embedder_card.operating_points, 1e-3)
    assert envelope["score"] == score_q15(first, second) / Q15
    assert envelope["threshold"] == point.threshold
    assert envelope["is_match"] is (envelope["score"] >= envelope["threshold"])
    assert envelope["sentence"].startswith(
        "same person: score 0." if envelope["is_match"] else "different people: score"
    )
    seen = envelope["photos"][0]
    assert (
        seen["name"],
        seen["width"],
        seen["height"],
        seen["faces"],
    ) == ("ada.png", 320, 240, 1)
    assert seen["box"] == faces[0].box.tolist()
    crop = cv2.imdecode(np.frombuffer(base64.b64decode(seen["crop"].split(",")[1]), np.uint8), cv2.IMREAD_COLOR_RGB)
    assert np.array_equal(crop, align(images[0], faces[0].landmarks))


def test_every_face_is_held_against_the_gallery(serve: Serve, photos: dict[str, Path], family: Gallery) -> None:
    with serve(family) as server:
        status, envelope = ask(server, "identify", {"photo": photos["both"]})
        _, nobody = ask(server, "identify", {"photo": photos["wall"]})
    assert status == 200
    assert envelope["schema"] == "edge-siamese/preview-identify/1"
    assert {result["identity"] for result in envelope["results"]} == {"Ada", None}
    assert {result["decision"] for result in envelope["results"]} == {"match", "unknown"}
    assert envelope["results"][0]["candidates"][0]["identity"] in ("Ada", "Carla")
    assert envelope["operating_point"]["of"] == "model"
    (result,) = nobody["results"]
    assert (result["decision"], result["reason"], result["crop"]) == ("undecided", "no_face", None)


@pytest.mark.parametrize(
    ("name", "status", "sentence"),
    [
        ("letter", 415, "letter.png: not a JPEG, PNG, WebP, BMP, PGM, PPM or TIFF image, or its header is damaged"),
        ("wall", 422, "wall.png: no face found"),
        ("cut", 422, "cut.png: the image is damaged or cut short"),
        ("huge", 413, "huge.png: 60000 x 60000 pixels are over the limit of 50 megapixels"),
        ("empty", 415, "empty.png: the file is empty"),
    ],
)
def test_a_bad_photo_gives_the_command_lines_sentence(
    serve: Serve, photos: dict[str, Path], tmp_path: Path, name: str, status: int, sentence: str
) -> None:
    whole = photos["ada"].read_bytes()
    made = {"cut": whole[:40], "huge": whole[:16] + (60000).to_bytes(4, "big") * 2 + whole[24:], "empty": b""}
    path = photos.get(name, tmp_path / f"{name}.png")
    if name in made:
        path.write_bytes(made[name])
    with serve() as server:
        answer = ask(server, "verify", {"first": photos["ada"], "second": path})
    assert answer[0] == status
    assert answer[1]["schema"] == "edge-siamese/preview-error/1"
    assert (answer[1]["error"], answer[1]["photo"]) == (sentence, "second")


def test_questions_that_cannot_be_answered(serve: Serve, photos: dict[str, Path]) -> None:
    with serve() as server:
        missing = ask(server, "verify", {"first": photos["ada"]})
        no_gallery = ask(server, "identify", {"photo": photos["ada"]})
    assert (missing[0], missing[1]["error"]) == (400, "a form: expected photos as first and second, found first")
    assert (no_gallery[0], "--gallery" in no_gallery[1]["error"]) == (409, True)


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "sentence"),
    [
        ("GET", "/absent", {}, 404, "/absent: there is no such page"),
        ("GET", "/../../etc/passwd", {}, 404, "there is no such page"),
        ("GET", "//[", {}, 404, "there is no such page"),
        ("GET", "/api/verify", {}, 405, "expected POST, found GET"),
        ("POST", "/", {}, 405, "expected GET, HEAD, found POST"),
        ("GET", "/", {"Host": "evil.example"}, 421, "does not answer to the name 'evil.example'"),
        ("POST", "/api/verify", {"Origin": "http://evil.example"}, 403, "page of another site"),
        ("POST", "/api/verify", {"Content-Length": "0"}, 415, "expected multipart/form-data"),
        ("POST", "/api/verify", {"Content-Length": "99999999999"}, 413, "expected at most 32 MB of photos"),
        ("POST", "/api/verify", {"Transfer-Encoding": "chunked"}, 411, "Content-Length, found none"),
    ],
)
def test_bad_requests_are_refused(
    serve: Serve, method: str, path: str, headers: dict[str, str], status: int, sentence: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(server_module, "_MAX_DRAINED", 0)
    with serve() as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
        connection.putrequest(method, path, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        assert response.status == status
        assert sentence in response.read().decode()
        assert (response.headers["Allow"] is not None) == (status == 405)
        connection.close()


def test_every_answer_forbids_what_the_page_does_not_need(serve: Serve) -> None:
    with serve() as server:
        for path, kind in (
            ("/", "text/html"),
            ("/style.css", "text/css"),
            ("/app.js", "text/javascript"),
            ("/x", "text/"),
        ):
            response, body = request(server, "GET", path)
            assert response.headers["Content-Type"].startswith(kind)
            assert {name: response.headers[name] for name in HEADERS} == HEADERS
            assert "Set-Cookie" not in response.headers
            head, nothing = request(server, "HEAD", path)
            assert (head.headers["Content-Length"], nothing) == (str(len(body)), b"")


def test_with_a_token_nothing_is_told_without_it(serve: Serve, photos: dict[str, Path]) -> None:
    guard = Guard(frozenset({"127.0.0.1"}), any_address=False, token="s3cret")
    pair = {"first": photos["ada"], "second": photos["ben"]}
    with serve(guard=guard) as server:
        assert server.url.endswith("/?token=s3cret")
        for path in ("/", "/api/about", "/?token=guess"):
            assert request(server, "GET", path)[0].status == 403
        assert ask(server, "verify", pair)[0] == 403
        assert request(server, "GET", "/?token=s3cret")[0].status == 200
        assert ask(server, "verify", pair, Authorization="Bearer s3cret")[0] == 200


def test_a_request_that_is_cut_short_does_no_harm(serve: Serve) -> None:
    with serve() as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
        connection.putrequest("POST", "/api/verify")
        connection.putheader("Content-Length", "1000")
        connection.endheaders(b"only this")
        connection.close()
        assert request(server, "GET", "/api/about")[0].status == 200


def test_what_goes_wrong_inside_is_a_sentence_and_the_next_request_is_served(
    serve: Serve, photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pair = {"first": photos["ada"], "second": photos["ben"]}
    with serve() as server:
        with monkeypatch.context() as broken:
            broken.setattr(server.api, "verify", lambda uploads: uploads["absent"])
            status, envelope = ask(server, "verify", pair)
        assert (status, envelope["error"]) == (500, "this went wrong here; the terminal says how")
        assert "KeyError" in caplog.text
        assert ask(server, "verify", pair)[0] == 200


def test_only_so_many_uploads_are_held_at_once(
    serve: Serve, photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "_PATIENCE_S", 0.01)
    with serve() as server:
        for _ in range(server_module.AT_ONCE):
            assert server.slots.acquire(blocking=False)
        status, envelope = ask(server, "identify", {"photo": photos["ada"]})
        assert (status, envelope["error"]) == (503, "too many photos at once: try again")
        server.slots.release(server_module.AT_ONCE)
        assert ask(server, "identify", {"photo": photos["ada"]})[0] == 409
