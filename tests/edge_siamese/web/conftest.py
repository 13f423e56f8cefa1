"""Rendered people, a client of the application, a server, and a real browser."""

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from edge_siamese.engine import FaceEngine
from edge_siamese.frames import RGB
from edge_siamese.gallery import Gallery
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_background, render_portrait
from tests.browser import CHROMIUM, Browser

if TYPE_CHECKING:
    from edge_siamese.web.context import WebContext
    from edge_siamese.web.server import WebServer

if importlib.util.find_spec("fastapi") is None:
    collect_ignore_glob = ["test_*.py"]

Create = Callable[..., "WebContext"]
Serve = Callable[..., AbstractContextManager["WebServer"]]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("the page is tested in a real browser: install chromium")
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


def portrait(person: int, captured: int) -> RGB:
    """A rendered person, another light, pose and background for each shot."""
    view = View.random(np.random.default_rng((person, captured)), difficulty=0.4)
    who = Person.from_seed(DEMO_SEEDS[person])
    return render_portrait(who, view, face_height=130.0, background_seed=10 * person + captured).image


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files by name: shots of Ada and Ben, one of both, a dark one of Ada, a wall, a HEIC head, and what is no image."""
    folder = tmp_path_factory.mktemp("photos")
    ada, again, ben = portrait(0, 0), portrait(0, 1), portrait(1, 0)
    images = {
        "ada": ada,
        "again": again,
        "ben": ben,
        "ben2": portrait(1, 1),
        "ben3": portrait(1, 2),
        "both": np.hstack([ada, ben]),
        "dark": ada // 10,
        "wall": render_background((240, 320), seed=3),
    }
    paths = {name: folder / f"{name}.png" for name in (*images, "letter")}
    for name, image in images.items():
        assert cv2.imwrite(str(paths[name]), image[..., ::-1])
    paths["letter"].write_text("dear somebody")
    paths["heic"] = folder / "IMG_0001.HEIC"
    paths["heic"].write_bytes(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(200))
    return paths


@pytest.fixture(scope="session")
def family(engine: FaceEngine) -> Gallery:
    """Ada and Carla, who is on no photo."""
    templates = {}
    for name, person in (("Ada", 0), ("Carla", 2)):
        images = [portrait(person, captured) for captured in (5, 6, 7)]
        templates[name] = np.stack([engine.analyze(image)[0].embedding.values for image in images])  # type: ignore[union-attr]
    return Gallery.empty(engine.embedder_card, {"created": "2025-01-31T12:00:00Z"}).with_people(templates)


@pytest.fixture
def gallery_path(family: Gallery, tmp_path: Path) -> Path:
    """A file with the family."""
    family.save(tmp_path / "family.esg")
    return tmp_path / "family.esg"


@pytest.fixture
def create(engine: FaceEngine) -> Create:
    """``create(gallery=path, token=..., hub=..., read_only=...)`` makes the parts behind a page of this machine."""
    from edge_siamese.web.auth import Guard
    from edge_siamese.web.context import WebContext
    from edge_siamese.web.photo_engine import PhotoEngine

    def make(**settings: Any) -> WebContext:
        photos = PhotoEngine.of(engine)
        return WebContext.create(photos, **{"guard": Guard.for_host("127.0.0.1"), "token": None} | settings)

    return make


@pytest.fixture
def client(create: Create) -> Callable[..., Any]:
    """``client(...)`` makes a client of an application; see `create`."""
    testclient = pytest.importorskip("starlette.testclient", reason="the client of an application needs httpx")
    from edge_siamese.web.app import create_app

    def make(context: "WebContext | None" = None, **settings: Any) -> Any:
        app = create_app(context or create(**settings))
        return testclient.TestClient(app, base_url="http://127.0.0.1:8765", raise_server_exceptions=False)

    return make


@pytest.fixture
def serve(create: Create) -> Serve:
    """``with serve(...) as server:`` listens on a free port of this machine; see `create`."""
    from edge_siamese.web.app import create_app
    from edge_siamese.web.server import Certificate, WebServer

    @contextmanager
    def serving(
        context: "WebContext | None" = None, certificate: Certificate | None = None, **settings: Any
    ) -> Iterator[WebServer]:
        server = WebServer("127.0.0.1", 0, certificate=certificate)
        with server.in_background(create_app(context or create(**settings))):
            yield server
        server.close()

    return serving
