"""Schemas of the API's answers, for its OpenAPI description."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class ApiAnswer(BaseModel):
    """Fields of every answer."""

    model_config = ConfigDict(extra="forbid")
    schema_name: str = Field(alias="schema", description="name and version of this schema")
    version: str = Field(description="version of edge-siamese")


class _ModelAnswer(ApiAnswer):
    model: dict[str, str] = Field(description="digest of each model, by task")


class AnswerPart(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WordsPart(AnswerPart):
    """A decision in words for people."""

    title: str
    sentence: str
    advice: list[str]


class ErrorAnswer(ApiAnswer):
    """A request that was rejected."""

    error: str = Field(description="one sentence")
    advice: list[str] = Field(description="what can be done about it")
    photo: str | None = Field(description="the form field concerned")
    permission: str | None = Field(description="the form field that permits a rejected enrollment")


class SessionAnswer(ApiAnswer):
    login_required: bool
    csrf_token: str | None = Field(description="what a browser sends as X-CSRF-Token")


class AboutAnswer(_ModelAnswer):
    embedder: str
    license: str
    research_only: bool
    delegate: str
    live: bool = Field(description="whether a loop is running: edge-siamese run --web")
    login: bool = Field(description="whether a login is required")
    gallery: str | None
    read_only: bool
    max_bytes: int = Field(description="largest photo in bytes")
    max_photos: int = Field(description="largest number of photos of an enrollment")
    max_total_bytes: int = Field(description="largest request in bytes")
    threshold: float
    target_fmr: float
    words: dict[str, str | None] = Field(description="how often strangers pass: compare, identify")


class PhotoFacePart(AnswerPart):
    """A photo and its largest face."""

    name: str
    width: int
    height: int
    faces: int
    box: list[float] = Field(description="x, y, width, height in pixels")
    landmarks: list[list[float]]
    quality: float = Field(description="0 to 100")
    crop: str = Field(description="the aligned face as a PNG in a data: address")
    remarks: list[str]


class VerifyAnswer(_ModelAnswer):
    """Whether two photos show the same person."""

    is_match: bool
    decision: str = Field(description="match, unknown or undecided")
    reason: str
    score: float
    threshold: float
    operating_point: dict[str, Any]
    sentence: str
    explanation: str
    words: WordsPart
    photos: list[PhotoFacePart]
    delegate: str


class IdentifiedFacePart(AnswerPart):
    """One face of a photo, or a photo without a face."""

    face: int | None = Field(description="rank by size, 0 is the largest")
    box: list[float] | None
    detector_score: float | None
    turn: int | None
    decision: str
    reason: str
    identity: str | None
    score: float | None
    margin: float | None
    threshold: float | None
    candidates: list[dict[str, Any]]
    landmarks: list[list[float]] | None
    quality: float | None
    crop: str | None
    explanation: str
    words: WordsPart
    remarks: list[str]


class IdentifyAnswer(_ModelAnswer):
    """Who is on a photo."""

    operating_point: dict[str, Any]
    notes: list[str]
    photo: dict[str, Any]
    results: list[IdentifiedFacePart]
    delegate: str


class PersonPart(AnswerPart):
    name: str
    uuid: str
    templates: int
    created: str | None
    consent: str | None
    retain_until: str | None
    overdue: bool


class GalleryAnswer(ApiAnswer):
    """Who is in the gallery."""

    gallery: str
    sequence: int
    identities: int
    templates: int
    people: list[PersonPart]
    look_alikes: list[dict[str, Any]]
    read_only: bool
    problem: str | None


class CheckAnswer(_ModelAnswer):
    """Whether a photo can be used for an enrollment."""

    usable: bool
    problem: str | None
    advice: list[str]
    faces: int
    photo: dict[str, Any]
    box: list[float] | None
    quality: float | None
    direction: str | None = Field(description="front, left or right, as the person sees it")


class EnrollAnswer(_ModelAnswer):
    """A person was enrolled."""

    name: str
    used: int
    kept: int
    skipped: list[dict[str, str]]
    look_alike: dict[str, Any] | None
    points_dropped: bool
    identities: int
    templates: int


class RemoveAnswer(ApiAnswer):
    """A person was erased from the gallery file."""

    removed: str
    identities: int
    templates: int
    points_dropped: bool


class EventsAnswer(ApiAnswer):
    """The last events of the loop, schema edge-siamese/event/1 with a number each."""

    events: list[dict[str, Any]]
    last: int = Field(description="number of the last event; pass it as after")


class CountersAnswer(ApiAnswer):
    """Today's faces: how many were named, and why the others were not."""

    since: str
    faces: int
    named: int
    not_named: list[dict[str, Any]]
