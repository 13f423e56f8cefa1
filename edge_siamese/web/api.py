"""Routes of the REST API, ``/api/v1``."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Body, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, StreamingResponse

from ..envelope import envelope
from ..errors import EdgeSiameseError
from .auth import COOKIE, SESSION_S
from .context import WebContext
from .enroll import Enrollment, PersonForm
from .errors import RejectedError
from .gallery_store import GalleryStore
from .limits import Slots
from .live import EVENTS_KEPT, LiveHub
from .middleware import session_of
from .schemas import (
    AboutAnswer,
    CheckAnswer,
    CountersAnswer,
    EnrollAnswer,
    ErrorAnswer,
    EventsAnswer,
    GalleryAnswer,
    IdentifyAnswer,
    RemoveAnswer,
    SessionAnswer,
    VerifyAnswer,
)
from .streams import BOUNDARY, Viewers
from .uploads import form_body, read_form

Answer = TypeVar("Answer")
_PERSON = {
    "name": "the person's name",
    "consent": "who agreed to what, and where it is recorded",
    "retain_until": "last day of retention, YYYY-MM-DD",
    "different_faces": "true: accept photos that show different people",
    "look_alike": "true: accept a person who looks like another one",
}


def api_routes(context: WebContext) -> APIRouter:
    """The routes of one application."""
    errors: dict[int | str, dict[str, Any]] = {"4XX": {"model": ErrorAnswer}, "503": {"model": ErrorAnswer}}
    router = APIRouter(prefix="/api/v1", default_response_class=JSONResponse, responses=errors)
    _add_session(router, context)
    _add_photos(router, context)
    _add_gallery(router, context)
    _add_live(router, context)
    return router


def _add_session(router: APIRouter, context: WebContext) -> None:
    sessions = context.sessions

    @router.get("/about", tags=["about"], responses=_ok(AboutAnswer))
    async def about() -> Response:
        """Models, license, gallery, limits, and how often strangers pass."""
        return JSONResponse(await run_in_threadpool(context.about))

    @router.get("/session", tags=["login"], responses=_ok(SessionAnswer))
    async def show_session(request: Request) -> Response:
        """Whether a login is required, and the CSRF token that a browser sends with every POST and DELETE."""
        session = session_of(request.headers)
        open_ = sessions.token is None or sessions.is_session(session)
        token = sessions.csrf_token(session) if open_ else None
        return JSONResponse(envelope("web-session", {"login_required": not open_, "csrf_token": token}))

    @router.post("/session", tags=["login"], responses=_ok(SessionAnswer))
    async def login(token: Annotated[str, Body(embed=True, max_length=1000)]) -> Response:
        """Log a browser in with the token that the command printed; sets a cookie."""
        session = sessions.login(token)
        body = {"login_required": False, "csrf_token": sessions.csrf_token(session)}
        response = JSONResponse(envelope("web-session", body))
        response.set_cookie(
            COOKIE, session, max_age=int(SESSION_S), httponly=True, samesite="strict", secure=context.secure
        )
        return response

    @router.delete("/session", tags=["login"], responses=_ok(SessionAnswer))
    async def logout(request: Request) -> Response:
        """Log a browser out."""
        sessions.logout(session_of(request.headers))
        required = sessions.token is not None
        response = JSONResponse(envelope("web-session", {"login_required": required, "csrf_token": None}))
        response.delete_cookie(COOKIE)
        return response


def _add_photos(router: APIRouter, context: WebContext) -> None:
    slots = Slots()

    @router.post("/verify", tags=["photos"], responses=_ok(VerifyAnswer), openapi_extra=form_body("first", "second"))
    async def verify(request: Request) -> Response:
        """Whether the largest faces of two photos show the same person."""
        async with slots.held():
            first, second = (await read_form(request)).only("first", "second")
            return JSONResponse(await run_in_threadpool(context.answers.verify, first, second))

    @router.post("/identify", tags=["photos"], responses=_ok(IdentifyAnswer), openapi_extra=form_body("photo"))
    async def identify(request: Request) -> Response:
        """Who of the gallery is on a photo."""
        async with slots.held():
            (photo,) = (await read_form(request)).only("photo")
            answer, found = await run_in_threadpool(context.answers.identify, photo)
        for identification in found:
            if identification.embedded is not None:
                context.counters.add(identification.decision.reason)
        return JSONResponse(answer)

    @router.post("/check", tags=["gallery"], responses=_ok(CheckAnswer), openapi_extra=form_body("photo"))
    async def check(request: Request) -> Response:
        """Whether a photo can be used to enroll somebody."""
        enrollment = _enrollment_of(context)
        async with slots.held():
            (photo,) = (await read_form(request)).only("photo")
            return JSONResponse(await run_in_threadpool(enrollment.check, photo))

    @router.post(
        "/gallery/people",
        tags=["gallery"],
        status_code=201,
        responses={201: {"model": EnrollAnswer}},
        openapi_extra=form_body(many="photos", **_PERSON),
    )
    async def enroll(request: Request) -> Response:
        """Enroll a person, or add photos of an enrolled person."""
        enrollment = _enrollment_of(context)
        async with slots.held():
            form = await read_form(request)
            if not form.photos:
                raise RejectedError(400, "a form: expected one or more photos as photos, found none", "photos")
            person = PersonForm.of(form.fields)
            return JSONResponse(await run_in_threadpool(enrollment.enroll, form.photos, person), 201)


def _add_gallery(router: APIRouter, context: WebContext) -> None:
    @router.get("/gallery", tags=["gallery"], responses=_ok(GalleryAnswer))
    async def show_gallery() -> Response:
        """The people of the gallery, with the number of templates of each."""
        store = _store_of(context)
        return JSONResponse(envelope("web-gallery", await run_in_threadpool(store.to_json)))

    @router.delete("/gallery/people", tags=["gallery"], responses=_ok(RemoveAnswer))
    async def erase(name: Annotated[str, Query(min_length=1, max_length=1000)]) -> Response:
        """Erase a person and all their templates from the gallery file."""
        store = _store_of(context)
        before = await run_in_threadpool(store.gallery)
        try:
            written = await run_in_threadpool(store.remove, name)
        except EdgeSiameseError as error:
            status = 404 if name not in before.names else 409
            raise RejectedError(status, str(error)) from error
        body = {
            "removed": name,
            "identities": len(written.names),
            "templates": len(written.templates),
            "points_dropped": bool(before.operating_points and not written.operating_points),
        }
        return JSONResponse(envelope("web-remove", body))


def _add_live(router: APIRouter, context: WebContext) -> None:
    viewers = Viewers(context.hub) if context.hub else None

    @router.get("/counters", tags=["live"], responses=_ok(CountersAnswer))
    async def counters() -> Response:
        """Today's faces: how many were named, and why the others were not."""
        return JSONResponse(envelope("web-counters", context.counters.to_json()))

    @router.get("/events", tags=["live"], responses=_ok(EventsAnswer))
    async def events(
        after: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=EVENTS_KEPT)] = 100
    ) -> Response:
        """The last events of the loop, oldest first."""
        found = _hub_of(context).events_after(after, limit)
        last = found[-1]["number"] if found else after
        return JSONResponse(envelope("web-events", {"events": found, "last": last}))

    @router.get("/live", tags=["live"], response_class=StreamingResponse)
    async def live(request: Request, images: bool = True, after: Annotated[int, Query(ge=0)] = 0) -> Response:
        """Server-sent events: `frame` (faces, stage times, image), `event`, `counters`, `waiting`, `ended`."""
        _hub_of(context)
        assert viewers is not None
        viewers.require_place()
        resumed = request.headers.get("Last-Event-ID", "")
        number = int(resumed) if resumed.isascii() and resumed.isdecimal() and len(resumed) < 16 else after
        return StreamingResponse(viewers.events(images=images, after=number), media_type="text/event-stream")

    @router.get("/live.mjpg", tags=["live"], response_class=StreamingResponse)
    async def live_images() -> Response:
        """Motion JPEG with a box around each face, for programs that show a camera."""
        _hub_of(context)
        assert viewers is not None
        viewers.require_place()
        kind = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
        return StreamingResponse(viewers.images(), media_type=kind)


def _ok(model: type[Any]) -> dict[int | str, dict[str, Any]]:
    return {200: {"model": model}}


def _required(part: Callable[[], Answer | None], sentence: str) -> Answer:
    found = part()
    if found is None:
        raise RejectedError(409, sentence)
    return found


def _store_of(context: WebContext) -> GalleryStore:
    return _required(lambda: context.store, "there is no gallery: start the command with --gallery G.esg")


def _enrollment_of(context: WebContext) -> Enrollment:
    return _required(lambda: context.enrollment, "there is no gallery: start the command with --gallery G.esg")


def _hub_of(context: WebContext) -> LiveHub:
    return _required(lambda: context.hub, "no camera is watched: 'edge-siamese run --web' shows one")
