"""Every route with good and bad input, and every way of being rejected."""

import base64
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge_siamese.alignment import align
from edge_siamese.decision import Reason, undecided
from edge_siamese.engine import FaceEngine
from edge_siamese.errors import EngineClosedError
from edge_siamese.events import EventMaker
from edge_siamese.face_result import FaceResult
from edge_siamese.frames import Frame
from edge_siamese.gallery import Gallery
from edge_siamese.image_io import read_image
from edge_siamese.matching import Q15, score_q15
from edge_siamese.operating_point import choose_operating_point
from edge_siamese.web import schemas, uploads
from edge_siamese.web.live import LiveHub
from edge_siamese.web.middleware import SECURITY_HEADERS
from edge_siamese.web.uploads import clean_file_name

Client = Callable[..., Any]
TOKEN = "token-of-the-test-1234"


def post(client: Any, path: str, photos: dict[str, Any], **more: Any) -> Any:
    """Post photos by field; a list posts several of one field."""
    files = [
        (field, (each.name, each.read_bytes()))
        for field, paths in photos.items()
        for each in (paths if isinstance(paths, list) else [paths])
    ]
    return client.post(f"/api/v1/{path}", files=files, **more)


def checked(response: Any, model: type[Any], status: int = 200) -> dict[str, Any]:
    """The answer's JSON, which has exactly the documented fields."""
    assert response.status_code == status, response.text
    model.model_validate_json(response.text, strict=True)
    body: dict[str, Any] = response.json()
    return body


def rejected(response: Any, status: int) -> dict[str, Any]:
    body = checked(response, schemas.ErrorAnswer, status)
    assert body["schema"] == "edge-siamese/web-error/1"
    return body


def test_two_photos_are_compared_as_the_engine_does(
    client: Client, photos: dict[str, Path], engine: FaceEngine
) -> None:
    body = checked(post(client(), "verify", {"first": photos["ada"], "second": photos["again"]}), schemas.VerifyAnswer)
    assert body["model"] == engine.digests
    images = [read_image(photos[name]) for name in ("ada", "again")]
    faces = [engine.detect(image)[0] for image in images]
    first, second = (engine.embed(image, face) for image, face in zip(images, faces, strict=True))
    point = choose_operating_point(engine.embedder_card.operating_points, 1e-3)
    assert body["score"] == score_q15(first, second) / Q15
    assert body["threshold"] == point.threshold
    assert body["is_match"] is True
    assert body["words"]["title"] == "Same person"
    assert "about 1 in 1,000 strangers would pass" in body["words"]["sentence"]
    seen = body["photos"][0]
    assert (seen["name"], seen["width"], seen["height"], seen["faces"]) == ("ada.png", 320, 240, 1)
    assert seen["box"] == faces[0].box.tolist()
    crop = cv2.imdecode(np.frombuffer(base64.b64decode(seen["crop"].split(",")[1]), np.uint8), cv2.IMREAD_COLOR_RGB)
    assert np.array_equal(crop, align(images[0], faces[0].landmarks))


def test_different_people_and_unusable_photos_have_words(client: Client, photos: dict[str, Path]) -> None:
    web = client()
    other = post(web, "verify", {"first": photos["ada"], "second": photos["ben"]}).json()
    dark = post(web, "verify", {"first": photos["ada"], "second": photos["dark"]}).json()
    assert other["words"]["title"] == "Different people"
    assert (dark["words"]["title"], dark["reason"]) == ("Cannot tell", "dark")
    assert "Add light" in dark["words"]["advice"][0]


def test_every_face_is_compared_with_the_gallery_and_counted(
    client: Client, photos: dict[str, Path], gallery_path: Path
) -> None:
    web = client(gallery=gallery_path)
    body = checked(post(web, "identify", {"photo": photos["both"]}), schemas.IdentifyAnswer)
    nobody = post(web, "identify", {"photo": photos["wall"]}).json()
    assert {result["identity"] for result in body["results"]} == {"Ada", None}
    assert {result["words"]["title"] for result in body["results"]} == {"Ada", "Unknown"}
    assert body["results"][0]["candidates"][0]["identity"] in ("Ada", "Carla")
    assert body["operating_point"]["of"] == "model"
    (result,) = nobody["results"]
    assert (result["decision"], result["reason"], result["crop"]) == ("undecided", "no_face", None)
    assert result["words"]["advice"]
    counters = checked(web.get("/api/v1/counters"), schemas.CountersAnswer)
    assert (counters["faces"], counters["named"]) == (2, 1)
    assert [entry["reason"] for entry in counters["not_named"]] == ["below_threshold"]


@pytest.mark.parametrize(
    ("name", "status", "sentence", "advice"),
    [
        ("letter", 415, "letter.png: not a JPEG, PNG, WebP, BMP, PGM, PPM or TIFF image, or its header is damaged", ""),
        ("wall", 422, "wall.png: no face found", "Use a photo in which the face looks at the camera"),
        ("cut", 422, "cut.png: the image is damaged or cut short", ""),
        ("huge", 413, "huge.png: 60000 x 60000 pixels are over the limit of 50 megapixels", ""),
        ("empty", 415, "empty.png: the file is empty", ""),
    ],
)
def test_a_bad_photo_gives_the_sentence_of_the_command_line(
    client: Client, photos: dict[str, Path], tmp_path: Path, name: str, status: int, sentence: str, advice: str
) -> None:
    whole = photos["ada"].read_bytes()
    made = {"cut": whole[:40], "huge": whole[:16] + (60000).to_bytes(4, "big") * 2 + whole[24:], "empty": b""}
    path = photos.get(name, tmp_path / f"{name}.png")
    if name in made:
        path.write_bytes(made[name])
    body = rejected(post(client(), "verify", {"first": photos["ada"], "second": path}), status)
    assert (body["error"], body["photo"]) == (sentence, "second")
    assert advice in " ".join(body["advice"])
    assert bool(body["advice"]) is bool(advice)


def test_a_heic_photo_comes_with_the_way_out(client: Client, photos: dict[str, Path]) -> None:
    body = rejected(post(client(), "verify", {"first": photos["heic"], "second": photos["ada"]}), 415)
    assert body["error"].startswith("IMG_0001.HEIC: HEIC images are not read")
    assert "Most Compatible" in " ".join(body["advice"])


def test_forms_without_what_is_asked_for(client: Client, photos: dict[str, Path], gallery_path: Path) -> None:
    web = client(gallery=gallery_path)
    missing = rejected(post(web, "verify", {"first": photos["ada"]}), 400)
    assert (missing["error"], missing["photo"]) == (
        "a form: expected photos as first and second, found first",
        "second",
    )
    nameless = rejected(post(web, "gallery/people", {"photos": photos["ada"]}), 400)
    assert nameless["error"] == "a form: expected the person's name as name, found none"
    photoless = web.post("/api/v1/gallery/people", data={"name": "Ben"}, files=[("x", ("", b""))])
    assert photoless.status_code in (400, 422)


def test_without_a_gallery_its_routes_say_so(client: Client, photos: dict[str, Path]) -> None:
    web = client()
    answers = [
        post(web, "identify", {"photo": photos["ada"]}),
        post(web, "check", {"photo": photos["ada"]}),
        post(web, "gallery/people", {"photos": photos["ada"]}, data={"name": "Ben"}),
        web.get("/api/v1/gallery"),
        web.delete("/api/v1/gallery/people?name=Ada"),
    ]
    for answer in answers:
        assert "--gallery G.esg" in rejected(answer, 409)["error"]


def test_the_gallery_is_shown_and_read_again_when_it_changes(
    client: Client, gallery_path: Path, family: Gallery
) -> None:
    web = client(gallery=gallery_path)
    body = checked(web.get("/api/v1/gallery"), schemas.GalleryAnswer)
    assert [(person["name"], person["templates"]) for person in body["people"]] == [("Ada", 3), ("Carla", 3)]
    Gallery.open(gallery_path).without("Carla").save(gallery_path)
    assert [person["name"] for person in web.get("/api/v1/gallery").json()["people"]] == ["Ada"]
    gallery_path.write_bytes(b"damaged")
    body = web.get("/api/v1/gallery").json()
    assert [person["name"] for person in body["people"]] == ["Ada"]
    assert "family.esg" in body["problem"]


def test_a_person_is_enrolled_found_and_erased(client: Client, gallery_path: Path, photos: dict[str, Path]) -> None:
    web = client(gallery=gallery_path)
    form = {"name": "  Ben  ", "consent": "paper 7", "retain_until": "2999-12-31"}
    shots = [photos["ben"], photos["ben2"], photos["ben"], photos["wall"]]
    body = checked(post(web, "gallery/people", {"photos": shots}, data=form), schemas.EnrollAnswer, 201)
    assert (body["name"], body["used"], body["kept"], body["identities"]) == ("Ben", 2, 1, 3)
    assert [skip["photo"] for skip in body["skipped"]] == ["ben.png", "wall.png"]
    assert Gallery.open(gallery_path).metadata["people"]["Ben"]["consent"] == "paper 7"
    found = post(web, "identify", {"photo": photos["ben3"]}).json()
    assert found["results"][0]["identity"] == "Ben"
    erased = checked(web.delete("/api/v1/gallery/people?name=Ben"), schemas.RemoveAnswer)
    assert (erased["removed"], erased["identities"]) == ("Ben", 2)
    assert "Ben" not in Gallery.open(gallery_path).names
    assert b"Ben" not in gallery_path.read_bytes()
    assert post(web, "identify", {"photo": photos["ben3"]}).json()["results"][0]["identity"] is None
    assert rejected(web.delete("/api/v1/gallery/people"), 422)["error"].startswith("name: ")
    unknown = rejected(web.delete("/api/v1/gallery/people?name=Ben"), 404)
    assert "nobody is called 'Ben'" in unknown["error"]


def test_names_may_have_any_letters(client: Client, gallery_path: Path, photos: dict[str, Path]) -> None:
    web = client(gallery=gallery_path)
    for name in ("Zoë / Ann", "李", "100 %", "?#&", "..", "🙂"):
        form = {"name": name, "look_alike": "true"}
        post(web, "gallery/people", {"photos": photos["ben"]}, data=form).raise_for_status()
        response = web.delete("/api/v1/gallery/people", params={"name": name})
        assert response.json()["removed"] == name


def test_contradictions_are_rejected_and_can_be_permitted(
    client: Client, gallery_path: Path, photos: dict[str, Path]
) -> None:
    web = client(gallery=gallery_path)
    mixed = {"photos": [photos["ben"], photos["ada"]]}
    body = rejected(post(web, "gallery/people", mixed, data={"name": "Mix"}), 409)
    assert body["permission"] == "different_faces"
    assert "different people" in body["error"]
    assert "--" not in body["error"]
    alike = {"photos": [photos["ada"], photos["again"]]}
    body = rejected(post(web, "gallery/people", alike, data={"name": "Dora"}), 409)
    assert body["permission"] == "look_alike"
    assert "look like 'Ada'" in body["error"]
    body = post(web, "gallery/people", alike, data={"name": "Dora", "look_alike": "true"}).json()
    assert body["look_alike"]["names"] == ["Dora", "Ada"]
    assert web.get("/api/v1/gallery").json()["look_alikes"][0]["names"] == ["Ada", "Dora"]
    for name, sentence in {
        "\u0410da": "looks the same as 'Ada'",
        "A\u200bda": "invisible character",
        "": "name",
    }.items():
        answer = post(web, "gallery/people", alike, data={"name": name})
        assert answer.status_code in (400, 409)
        assert sentence in answer.json()["error"] or "mixes" in answer.json()["error"]
    late = post(web, "gallery/people", alike, data={"name": "Ada", "retain_until": "2001-01-01"})
    assert "retain_until" in rejected(late, 400)["error"]


def test_photos_without_a_usable_face_enroll_nobody(
    client: Client, gallery_path: Path, photos: dict[str, Path]
) -> None:
    before = gallery_path.read_bytes()
    shots = {"photos": [photos["wall"], photos["letter"]]}
    body = rejected(post(client(gallery=gallery_path), "gallery/people", shots, data={"name": "Ben"}), 422)
    assert "wall.png: shows no face" in body["error"]
    assert body["advice"]
    assert gallery_path.read_bytes() == before


def test_a_gallery_is_created_with_the_first_person(client: Client, tmp_path: Path, photos: dict[str, Path]) -> None:
    path = tmp_path / "new.esg"
    web = client(gallery=path)
    assert web.get("/api/v1/gallery").json()["people"] == []
    assert post(web, "identify", {"photo": photos["ben"]}).json()["results"][0]["decision"] == "unknown"
    assert not path.exists()
    post(web, "gallery/people", {"photos": photos["ben"]}, data={"name": "Ben"}).raise_for_status()
    assert Gallery.open(path).names == ("Ben",)


def test_a_read_only_page_changes_nothing(client: Client, gallery_path: Path, photos: dict[str, Path]) -> None:
    web, before = client(gallery=gallery_path, read_only=True), gallery_path.read_bytes()
    for answer in (
        post(web, "gallery/people", {"photos": photos["ben"]}, data={"name": "Ben"}),
        web.delete("/api/v1/gallery/people?name=Ada"),
    ):
        assert "--read-only" in rejected(answer, 403)["error"]
    assert gallery_path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "usable", "problem"),
    [("ada", True, None), ("wall", False, "shows no face"), ("both", False, "shows several faces")],
)
def test_a_photo_is_checked_for_enrollment(
    client: Client, gallery_path: Path, photos: dict[str, Path], name: str, usable: bool, problem: str | None
) -> None:
    answer = post(client(gallery=gallery_path), "check", {"photo": photos[name]})
    body = checked(answer, schemas.CheckAnswer)
    assert (body["usable"], body["problem"]) == (usable, problem)
    assert (body["direction"] is None) is (body["box"] is None)


def test_about_has_the_license_and_the_rates_in_words(client: Client, gallery_path: Path) -> None:
    body = checked(client(gallery=gallery_path).get("/api/v1/about"), schemas.AboutAnswer)
    assert body["research_only"] is True
    assert body["words"] == {
        "compare": "about 1 in 1,000 strangers would pass",
        "identify": "about 1 in 1,000 strangers would be named",
    }
    assert client().get("/api/v1/about").json()["words"]["identify"] is None
    assert "Commercial use" in client().get("/license").text


def watched(names: tuple[str, ...] = ("door",)) -> LiveHub:
    hub, maker = LiveHub(), EventMaker("door", {})
    for number, name in enumerate(names):
        frame = Frame(np.zeros((48, 64, 3), np.uint8), number, number, name)
        result = FaceResult(frame, None, None, None, undecided(Reason.NO_FACE), True, 1)
        hub.show(result)
        hub.emit(maker.decision(result))
    return hub


def test_events_of_the_loop_are_listed_from_a_number_on(client: Client) -> None:
    web = client(hub=watched(("door",) * 5))
    body = checked(web.get("/api/v1/events"), schemas.EventsAnswer)
    assert [event["number"] for event in body["events"]] == [1, 2, 3, 4, 5]
    assert {event["schema"] for event in body["events"]} == {"edge-siamese/event/1"}
    body = web.get("/api/v1/events?after=3&limit=1").json()
    assert ([event["number"] for event in body["events"]], body["last"]) == ([5], 5)
    assert web.get("/api/v1/events?after=5").json()["last"] == 5
    for query in ("after=-1", "after=x", "limit=0", "limit=9999"):
        assert rejected(web.get(f"/api/v1/events?{query}"), 422)["error"].startswith(query.split("=")[0])
    for path in ("events", "live", "live.mjpg"):
        assert "edge-siamese run --web" in rejected(client().get(f"/api/v1/{path}"), 409)["error"]


def test_live_streams_end_with_the_loop(client: Client) -> None:
    hub = watched(("door", "door"))
    hub.close()
    web = client(hub=hub)
    response = web.get("/api/v1/live")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.text == "event: ended\ndata: {}\n\n"
    assert web.get("/api/v1/live.mjpg").headers["content-type"].startswith("multipart/x-mixed-replace")


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "sentence"),
    [
        ("GET", "/absent", {}, 404, "/absent: there is no such page"),
        ("GET", "/static/../app.py", {}, 404, "there is no such"),
        ("GET", "/static/..%2fapp.py", {}, 404, "there is no such"),
        ("GET", "/static/%2e%2e%2f%2e%2e%2fmodels/LICENSE", {}, 404, "there is no such"),
        ("GET", "/static/index.html", {}, 404, "there is no such file"),
        ("GET", "/api/v1/verify", {}, 405, "expected POST, found GET"),
        ("POST", "/", {}, 411, "Content-Length"),
        ("POST", "/", {"Content-Length": "0"}, 405, "found POST"),
        ("PUT", "/api/v1/gallery", {}, 405, "found PUT"),
        ("GET", "/", {"Host": "evil.example"}, 421, "does not answer to the name 'evil.example'"),
        ("POST", "/api/v1/verify", {"Origin": "http://evil.example"}, 403, "page of another site"),
        ("GET", "/api/v1/gallery", {"Origin": "http://evil.example"}, 403, "page of another site"),
        ("GET", "/api/v1/live.mjpg", {"Sec-Fetch-Site": "cross-site"}, 403, "page of another site"),
        ("DELETE", "/api/v1/gallery/people?name=Ada", {"Origin": "http://127.0.0.1:8765"}, 403, "X-CSRF-Token"),
        ("DELETE", "/api/v1/gallery/people?name=Ada", {"Sec-Fetch-Site": "same-origin"}, 403, "X-CSRF-Token"),
        ("POST", "/api/v1/verify", {"Content-Length": "0"}, 415, "expected multipart/form-data"),
        (
            "POST",
            "/api/v1/verify",
            {"Content-Length": "100000000"},
            413,
            "expected at most 48 MB of photos, found 100 MB",
        ),
        ("POST", "/api/v1/session", {"Content-Length": "20000"}, 413, "expected at most"),
        ("POST", "/api/v1/verify", {"Transfer-Encoding": "chunked"}, 411, "Content-Length, found none"),
    ],
)
def test_bad_requests_are_rejected_with_a_sentence(
    client: Client, gallery_path: Path, method: str, path: str, headers: dict[str, str], status: int, sentence: str
) -> None:
    web = client(gallery=gallery_path)
    request = web.build_request(method, path, headers=headers)
    if method == "POST" and "Content-Length" not in headers:
        request.headers.pop("Content-Length", None)
    response = web.send(request)
    body = rejected(response, status)
    assert sentence in body["error"]
    assert (response.headers.get("Allow") is not None) == (status == 405)


def test_damaged_forms_are_rejected(client: Client) -> None:
    web = client()
    head = b'--b\r\nContent-Disposition: form-data; name="first"; filename="a.png"\r\n\r\nabc'
    cut, kind = head, {"Content-Type": "multipart/form-data; boundary=b"}
    assert "cut short" in rejected(web.post("/api/v1/verify", content=cut, headers=kind), 400)["error"]
    assert web.post("/api/v1/verify", content=b"abc", headers=kind).status_code == 400
    nameless = b"--b\r\nContent-Type: image/png\r\n\r\nabc\r\n--b--\r\n"
    assert web.post("/api/v1/verify", content=nameless, headers=kind).status_code == 400
    many = [(f"f{number}", ("a.png", b"x")) for number in range(30)]
    assert "too many files" in rejected(web.post("/api/v1/verify", files=many), 413)["error"]
    for wrong in ("multipart/form-data", "image/png", "multipart/form-data; boundary="):
        assert web.post("/api/v1/verify", content=head, headers={"Content-Type": wrong}).status_code in (400, 415)


def test_a_photo_that_is_too_large_is_named(
    client: Client, photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_BYTES", 20_000)
    body = rejected(post(client(), "verify", {"first": photos["letter"], "second": photos["ada"]}), 413)
    assert body["error"].startswith("ada.png: expected at most 0 MB, found 0.")
    assert body["photo"] == "second"


def test_photos_are_never_written_to_the_disk(
    client: Client, photos: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a photo was written to the disk")

    large = tmp_path / "large.png"
    large.write_bytes(photos["ada"].read_bytes() + bytes(8_000_000))
    monkeypatch.setattr(tempfile, "TemporaryFile", forbidden)
    answer = post(client(), "verify", {"first": large, "second": photos["ada"]})
    assert answer.json()["is_match"] is True


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\people\\anna.jpg", "anna.jpg"),
        ("a\x1b[31m\nb.png", "a[31mb.png"),
        ("x" * 300, "x" * 80),
        ("", ""),
    ],
)
def test_file_names_are_for_messages(name: str, clean: str) -> None:
    assert clean_file_name(name) == clean


def test_every_response_has_the_security_headers(client: Client) -> None:
    web = client()
    for path, kind in (
        ("/", "text/html"),
        ("/docs", "text/html"),
        ("/static/style.css", "text/css"),
        ("/static/app.js", "text/javascript"),
        ("/x", "application/json"),
        ("/api/v1/about", "application/json"),
    ):
        response = web.get(path)
        assert response.headers["Content-Type"].startswith(kind)
        assert {name: response.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
        assert "Set-Cookie" not in response.headers
    assert web.head("/").text == ""


def test_with_a_token_nothing_is_reported_without_it(
    client: Client, photos: dict[str, Path], gallery_path: Path
) -> None:
    web = client(token=TOKEN, gallery=gallery_path)
    pair = {"first": photos["ada"], "second": photos["ben"]}
    for path in ("/api/v1/about", "/api/v1/gallery", "/api/v1/events", "/openapi.json", "/license", "/static/app.js"):
        assert rejected(web.get(path), 401)["error"].startswith("log in first")
    for page in ("/", "/docs"):
        response = web.get(page, follow_redirects=False)
        assert (response.status_code, response.headers["Location"]) == (303, "/login")
    assert post(web, "verify", pair).status_code == 401
    assert web.get("/login").status_code == 200
    assert web.get("/api/v1/session").json()["csrf_token"] is None
    wrong = {"Authorization": f"Bearer {TOKEN}x"}
    assert web.get("/api/v1/about", headers=wrong).status_code == 401
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert web.get("/api/v1/about", headers=bearer).json()["login"] is True
    assert post(web, "verify", pair, headers=bearer).status_code == 200
    assert web.get("/api/v1/about?token=" + TOKEN).status_code == 401
    assert web.get("/api/v1/about", auth=("home", TOKEN)).status_code == 200
    assert web.get("/api/v1/about", auth=(TOKEN, "home")).status_code == 401
    for damaged in ("Basic", "Basic ü", "Basic !!", "Bearer", TOKEN):
        assert web.get("/api/v1/about", headers={"Authorization": damaged.encode()}).status_code == 401
    from_page = {"Sec-Fetch-Site": "same-origin"}
    assert "X-CSRF-Token" in rejected(post(web, "verify", pair, auth=("", TOKEN), headers=from_page), 403)["error"]


def test_a_browser_logs_in_once_and_sends_the_csrf_token(
    client: Client, photos: dict[str, Path], gallery_path: Path
) -> None:
    web = client(token=TOKEN, gallery=gallery_path)
    assert rejected(web.post("/api/v1/session", json={"token": "wrong"}), 403)["error"].startswith("this is not")
    response = web.post("/api/v1/session", json={"token": TOKEN})
    csrf = response.json()["csrf_token"]
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie
    assert web.get("/api/v1/gallery").status_code == 200
    assert web.get("/api/v1/session").json() == response.json()
    photo = {"photo": photos["ada"]}
    assert "X-CSRF-Token" in rejected(post(web, "check", photo), 403)["error"]
    assert post(web, "check", photo, headers={"X-CSRF-Token": "0" * 64}).status_code == 403
    assert post(web, "check", photo, headers={"X-CSRF-Token": csrf}).status_code == 200
    foreign = {"X-CSRF-Token": csrf, "Origin": "http://evil.example"}
    assert post(web, "check", photo, headers=foreign).status_code == 403
    assert web.delete("/api/v1/session").json()["login_required"] is True
    assert web.get("/api/v1/gallery").status_code == 401


def test_a_cookie_of_a_server_with_a_certificate_is_secure(client: Client) -> None:
    response = client(token=TOKEN, secure=True).post("/api/v1/session", json={"token": TOKEN})
    assert "Secure" in response.headers["Set-Cookie"]


@pytest.mark.parametrize("body", [{}, {"token": 7}, {"token": "x" * 2000}, ["x"], None])
def test_a_login_without_a_token_is_a_sentence(client: Client, body: Any) -> None:
    answer = client(token=TOKEN).post("/api/v1/session", json=body)
    assert rejected(answer, 422)["error"]


def test_guessing_tokens_is_slowed_down(client: Client) -> None:
    web = client(token=TOKEN)
    statuses = [web.post("/api/v1/session", json={"token": f"guess {number}"}).status_code for number in range(8)]
    assert statuses == [403] * 5 + [429] * 3
    assert int(web.post("/api/v1/session", json={"token": TOKEN}).headers["Retry-After"]) > 0


def test_too_many_photos_of_one_client_are_rejected(client: Client) -> None:
    web = client()
    statuses = [web.post("/api/v1/verify", content=b"").status_code for _ in range(40)]
    assert statuses[:30] == [415] * 30
    assert 429 in statuses


def test_an_error_inside_is_a_sentence_and_the_next_request_is_served(
    client: Client,
    create: Callable[..., Any],
    photos: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    context = create()
    web = client(context)
    pair = {"first": photos["ada"], "second": photos["ben"]}

    def broken(*_: object) -> None:
        raise KeyError("absent")

    def closed(*_: object) -> None:
        raise EngineClosedError("the engine is closed")

    with monkeypatch.context() as patched:
        patched.setattr(context.answers, "verify", broken)
        assert rejected(post(web, "verify", pair), 500)["error"] == "this failed here; the terminal says how"
        assert "KeyError" in caplog.text
        patched.setattr(context.answers, "verify", closed)
        assert rejected(post(web, "verify", pair), 500)["error"] == "the engine is closed"
    assert post(web, "verify", pair).status_code == 200


def test_a_full_disk_is_a_sentence_and_the_gallery_is_kept(
    client: Client, gallery_path: Path, photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", str(gallery_path))

    before = gallery_path.read_bytes()
    monkeypatch.setattr("edge_siamese.web.gallery_store.update", full)
    answer = post(client(gallery=gallery_path), "gallery/people", {"photos": photos["ben"]}, data={"name": "Ben"})
    assert rejected(answer, 507)["error"] == f"{gallery_path}: No space left on device"
    assert gallery_path.read_bytes() == before


def test_the_description_names_every_route_and_loads_nothing(client: Client) -> None:
    web = client()
    description = web.get("/openapi.json").json()
    paths = {path.removeprefix("/api/v1") for path in description["paths"]}
    assert {"/verify", "/identify", "/check", "/gallery", "/gallery/people", "/events", "/live", "/live.mjpg"} <= paths
    for methods in description["paths"].values():
        assert all(operation["description"] for operation in methods.values())
    form = description["paths"]["/api/v1/gallery/people"]["post"]["requestBody"]["content"]["multipart/form-data"]
    assert form["schema"]["required"] == ["photos", "name"]
    assert json.dumps(description).count("http") == 0
