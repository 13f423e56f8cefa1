"""What the routes of the application share."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from ..envelope import envelope
from ..operating_point import DEFAULT_TARGET_FMR, DEFAULT_TARGET_FPIR
from .auth import Guard, Sessions
from .compare import PhotoAnswers
from .counters import DayCounters
from .enroll import Enrollment
from .gallery_store import GalleryStore
from .live import LiveHub
from .middleware import RateLimits
from .photo_engine import PhotoEngine
from .uploads import MAX_BODY, MAX_BYTES, MAX_PHOTOS
from .words import strangers_named, strangers_pass


@dataclass
class WebContext:
    """The parts behind the page.

    Attributes:
        photos: engine for uploaded photos.
        answers: verification and identification.
        store: the gallery; None without one.
        hub: frames and events of a running loop; None without one.
        counters: today's faces, of the loop and of identified photos.
        guard, sessions, limits: access control.
        secure: whether the server has a certificate, so that cookies are sent only encrypted.
    """

    photos: PhotoEngine
    answers: PhotoAnswers
    store: GalleryStore | None
    hub: LiveHub | None
    counters: DayCounters
    guard: Guard
    sessions: Sessions
    limits: RateLimits = field(default_factory=RateLimits)
    secure: bool = False

    @classmethod
    def create(
        cls,
        photos: PhotoEngine,
        *,
        guard: Guard,
        token: str | None,
        gallery: Path | None = None,
        hub: LiveHub | None = None,
        target_fmr: float = DEFAULT_TARGET_FMR,
        target_fpir: float = DEFAULT_TARGET_FPIR,
        read_only: bool = False,
        secure: bool = False,
    ) -> Self:
        """Create the parts.

        Args:
            photos: engine for uploaded photos.
            guard: host names and origins.
            token: required token; None if none is required.
            gallery: the .esg; created with the first person if it does not exist.
            hub: the running loop.
            target_fmr, target_fpir: accepted error rates, 0 to 1.
            read_only: whether the page may not change the gallery.
            secure: whether the server has a certificate.

        Raises:
            GalleryError: the gallery is damaged or of another embedder.
            OperatingPointError: neither model nor gallery has an operating point.
        """
        card = photos.embedder_card
        store = None if gallery is None else GalleryStore(gallery, card, target_fpir=target_fpir, read_only=read_only)
        return cls(
            photos=photos,
            answers=PhotoAnswers(photos, target_fmr=target_fmr, store=store),
            store=store,
            hub=hub,
            counters=hub.counters if hub else DayCounters(),
            guard=guard,
            sessions=Sessions(token),
            secure=secure,
        )

    @property
    def enrollment(self) -> Enrollment | None:
        """Enrollment into the gallery; None without one."""
        return None if self.store is None else Enrollment(self.photos, self.store)

    def about(self) -> dict[str, Any]:
        """Models, gallery, limits and error rates, shown before the first photo."""
        card, point = self.photos.embedder_card, self.answers.point
        named = None if self.store is None else strangers_named(self.store.operating_point())
        body = {
            "embedder": card.name,
            "license": card.license,
            "research_only": "research" in card.license.lower(),
            "delegate": self.photos.delegate,
            "live": self.hub is not None,
            "login": self.sessions.token is not None,
            "gallery": None if self.store is None else str(self.store.path),
            "read_only": self.store is None or self.store.read_only,
            "max_bytes": MAX_BYTES,
            "max_photos": MAX_PHOTOS,
            "max_total_bytes": MAX_BODY,
            "threshold": point.threshold,
            "target_fmr": point.target_fmr,
            "words": {"compare": strangers_pass(point), "identify": named},
        }
        return envelope("web-about", body, models=self.photos.digests)
