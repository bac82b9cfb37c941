"""What operations of `studio` answer.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal



@dataclass(frozen=True, kw_only=True)
class Anchor:
    #: Identifier, UUIDv7.
    anchor_id: str
    character_id: str
    project_id: str
    role: Literal["primary", "front", "side", "back", "face", "expression", "outfit", "pose"]
    #: File below the data folder.
    path: str
    #: Where the picture is read, relative to the server.
    url: str
    #: Of the bytes as they were sent.
    sha256: str
    bytes: int
    format: str
    #: Pixels, as the file's header says.
    width: int
    #: Pixels, as the file's header says.
    height: int
    job_id: str
    #: Whether recall finds it by now.
    is_remembered: bool
    #: Milliseconds since 1970.
    created_at: int


@dataclass(frozen=True, kw_only=True)
class Character:
    #: Identifier, UUIDv7.
    character_id: str
    project_id: str
    #: Unique within the project; case does not matter.
    name: str
    #: Pictures registered for the character.
    anchor_count: int
    #: Pictures whose vectors are ready for recall.
    remembered_count: int
    #: Milliseconds since 1970.
    created_at: int
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class Deletion:
    #: Identifier of what was deleted.
    deleted: str
    #: Pictures that went with it.
    anchor_count: int


@dataclass(frozen=True, kw_only=True)
class MergedCharacter:
    #: The character that stays, as it is now.
    character: Character
    #: Pictures that it got.
    moved_anchor_count: int


@dataclass(frozen=True, kw_only=True)
class ModelIdentity:
    id: str
    digest: str
    dims: int
    precision: str


@dataclass(frozen=True, kw_only=True)
class Project:
    #: Identifier, UUIDv7.
    project_id: str
    #: Unique within the tenant; case does not matter.
    name: str
    #: Characters in the project.
    character_count: int
    #: Milliseconds since 1970.
    created_at: int


@dataclass(frozen=True, kw_only=True)
class RecallTimings:
    decode_ms: float
    queue_ms: float
    compute_ms: float
    search_ms: float
    total_ms: float


@dataclass(frozen=True, kw_only=True)
class Recalled:
    #: Most similar characters, best first; `is_match` says whether one counts as the character of the picture.
    matches: list[RecalledMatch]
    #: The model that compared them; scores of two models are not comparable.
    model: ModelIdentity
    #: Anchors that were compared.
    compared: int
    #: Anchors whose vector is still being made, and which were not compared; counted up to 1000.
    pending: int
    #: Whether every anchor was compared that can be: false while some are pending.
    is_complete: bool
    #: Milliseconds of each stage; decode, queue and compute are the worker's.
    timings: RecallTimings
    #: Score from which `is_match` is true, lower where few anchors were compared; both are absent when the model
    #: names no threshold.
    match_threshold: float | None = None


@dataclass(frozen=True, kw_only=True)
class RecalledMatch:
    character_id: str
    name: str
    project: str
    anchor_id: str
    score: float
    is_match: bool | None = None


@dataclass(frozen=True, kw_only=True)
class RegisteredAnchor:
    anchor_id: str
    character_id: str
    project_id: str
    #: The job that extracts the vector.
    job_id: str
    #: Live progress of the job, relative to the server.
    websocket_url: str
    #: False when the character had the very same picture already; nothing was added then.
    is_new: bool
    #: Whether its vector is there, so that recall finds it.
    is_remembered: bool
    #: State of the job; only with `wait`.
    status: Literal["pending", "in_progress", "completed", "failed", "cancelled"] | None = None
    #: Why the job has failed, when it has; the picture stays. Only with `wait`.
    failure: str | None = None
