"""Checks of every request before the application sees it, and security headers of every response."""

import base64
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response

from ..envelope import envelope
from .auth import COOKIE, CSRF_HEADER, Guard, Sessions
from .errors import RejectedError
from .limits import BODY_S, RateLimit, Receive, check_length, timed
from .uploads import MAX_BODY

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
SESSION_PATH = "/api/v1/session"
_OPEN_PATHS = frozenset({"/login", SESSION_PATH, "/static/style.css", "/static/login.js", "/static/api.js"})
_PAGES = frozenset({"/", "/docs"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_BROWSER_HEADERS = ("origin", "cookie", "sec-fetch-site")
_MAX_SMALL_BODY = 10_000


@dataclass
class RateLimits:
    """Limits for each kind of request of one client.

    Attributes:
        login: attempts to log in.
        photos: requests with photos, and changes of the gallery.
        other: all other requests.
    """

    login: RateLimit = field(default_factory=lambda: RateLimit(per_minute=6, burst=5))
    photos: RateLimit = field(default_factory=lambda: RateLimit(per_minute=90, burst=30))
    other: RateLimit = field(default_factory=lambda: RateLimit(per_minute=900, burst=300))

    def check(self, method: str, path: str, client: str) -> None:
        """
        Raises:
            RejectedError: too many requests (429).
        """
        if method in _SAFE:
            self.other.check(client)
        elif path == SESSION_PATH:
            self.login.check(client)
        else:
            self.photos.check(client)


class Gatekeeper:
    """ASGI application that checks requests and passes the accepted ones on.

    Args:
        application: the application.
        guard: host names and origins.
        sessions: token, logins and CSRF tokens.
        limits: request rates; None for the defaults.
    """

    def __init__(
        self, application: Application, *, guard: Guard, sessions: Sessions, limits: RateLimits | None = None
    ) -> None:
        self._application, self._guard, self._sessions = application, guard, sessions
        self._limits = limits or RateLimits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            self._check(scope, Headers(scope=scope))
        except RejectedError as rejection:
            await _rejected(scope, rejection)(scope, receive, send_with_headers)
            return
        await self._application(scope, timed(receive, BODY_S), send_with_headers)

    def _check(self, scope: Scope, headers: Headers) -> None:
        """
        Raises:
            RejectedError: the request is not accepted.
        """
        method, path = scope["method"], scope["path"]
        client = scope["client"][0] if scope["client"] else ""
        self._guard.check_host(headers.get("host"))
        self._limits.check(method, path, client)
        session = session_of(headers)
        scheme, token = _authorization(headers)
        by_token = self._sessions.is_token(token)
        if not (by_token or path in _OPEN_PATHS or self._sessions.token is None or self._sessions.is_session(session)):
            raise RejectedError(401, "log in first: open the address that the command printed, or send the token")
        if method not in _SAFE or path.startswith("/api/"):
            self._guard.check_origin(headers.get("origin"), headers.get("sec-fetch-site"), headers.get("host"))
        if method in _SAFE:
            return
        from_browser = any(name in headers for name in _BROWSER_HEADERS)
        by_program = by_token and scheme == "bearer"
        if from_browser and not by_program and path != SESSION_PATH:
            self._sessions.check_csrf(session, headers.get(CSRF_HEADER))
        if method == "POST":
            check_length(headers.get("content-length"), _MAX_SMALL_BODY if path == SESSION_PATH else MAX_BODY)


def session_of(headers: Headers) -> str | None:
    """The session identifier in the cookie of a request, or None."""
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return cookie.value if cookie else None


def error_response(rejection: RejectedError) -> Response:
    """A rejection as JSON, schema ``edge-siamese/web-error/1``."""
    body = {
        "error": rejection.sentence,
        "advice": rejection.advice,
        "photo": rejection.photo,
        "permission": rejection.permission,
    }
    return JSONResponse(envelope("web-error", body), rejection.status, headers=rejection.headers)


def _rejected(scope: Scope, rejection: RejectedError) -> Response:
    """The response to a request that is not accepted: the login page for a page, otherwise JSON."""
    if rejection.status == 401 and scope["path"] in _PAGES:
        return RedirectResponse("/login", 303)
    response = error_response(rejection)
    if rejection.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _authorization(headers: Headers) -> tuple[str, str | None]:
    """Scheme of the Authorization header in lower case, and its token: after ``Bearer``, or the password of ``Basic``."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            return "basic", base64.b64decode(value, validate=True).decode().partition(":")[2]
        except ValueError:
            return "basic", None
    return scheme.lower(), value.strip() if scheme.lower() == "bearer" else None
