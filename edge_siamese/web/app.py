"""The web application: pages, the REST API and its description."""

import logging
from importlib.resources import files

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response

from .. import __version__
from ..errors import EdgeSiameseError
from .api import api_routes
from .context import WebContext
from .errors import RejectedError
from .middleware import Gatekeeper, error_response

_KINDS = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
_PAGES = {"/": "index.html", "/login": "login.html", "/docs": "docs.html"}
_log = logging.getLogger(__name__)


def create_app(context: WebContext) -> Gatekeeper:
    """The ASGI application behind its access control."""
    app = FastAPI(
        title="edge-siamese",
        version=__version__,
        description=(
            "Face verification and identification on this machine. Programs send the token, if one is required, as "
            "`Authorization: Bearer TOKEN`; browsers log in and send `X-CSRF-Token` with every POST and DELETE."
        ),
        docs_url=None,
        redoc_url=None,
    )
    app.include_router(api_routes(context))
    _add_pages(app)
    _add_error_handlers(app)
    return Gatekeeper(app, guard=context.guard, sessions=context.sessions, limits=context.limits)


def _add_pages(app: FastAPI) -> None:
    static = {entry.name: entry.read_bytes() for entry in (files("edge_siamese.web") / "static").iterdir()}

    def file_response(name: str) -> Response:
        return Response(static[name], media_type=f"{_KINDS[name.rpartition('.')[2]]}; charset=utf-8")

    for path, name in _PAGES.items():
        app.add_api_route(path, lambda name=name: file_response(name), methods=["GET", "HEAD"], include_in_schema=False)

    @app.api_route("/static/{name}", methods=["GET", "HEAD"], include_in_schema=False)
    async def static_file(name: str) -> Response:
        if name not in static or name.rpartition(".")[2] == "html":
            raise RejectedError(404, f"/static/{name}: there is no such file")
        return file_response(name)

    @app.get("/license", include_in_schema=False)
    async def license_text() -> Response:
        return PlainTextResponse((files("edge_siamese.models") / "LICENSE").read_text(encoding="utf-8"))


def _add_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(RejectedError)
    async def rejected(request: Request, error: RejectedError) -> Response:
        return error_response(error)

    @app.exception_handler(EdgeSiameseError)
    async def failed(request: Request, error: EdgeSiameseError) -> Response:
        return error_response(RejectedError.of(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:]) or "the request"
        return error_response(RejectedError(422, f"{where}: {first['msg'][:1].lower()}{first['msg'][1:]}"))

    @app.exception_handler(HTTPException)
    async def no_route(request: Request, error: HTTPException) -> Response:
        sentences = {
            404: f"{request.url.path}: there is no such page",
            405: f"{request.url.path}: expected {(error.headers or {}).get('Allow', 'another method')}, found {request.method}",
        }
        sentence = sentences.get(error.status_code, str(error.detail))
        return error_response(RejectedError(error.status_code, sentence, headers=error.headers))

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=400)

    @app.exception_handler(OSError)
    async def no_file(request: Request, error: OSError) -> Response:
        sentence = f"{error.filename or 'input/output'}: {error.strerror or error}"
        return error_response(RejectedError(507 if error.errno == 28 else 500, sentence))

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:
        _log.error("%s %s", request.method, request.url.path, exc_info=error)
        return error_response(RejectedError(500, "this failed here; the terminal says how"))
