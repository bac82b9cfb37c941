"""What operations of `jobs` answer.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal



@dataclass(frozen=True, kw_only=True)
class Job:
    job_id: str
    kind: str
    lane: str
    status: Literal["pending", "in_progress", "completed", "failed", "cancelled"]
    priority: int
    attempt: int
    maximum_attempts: int
    progress: float
    last_event: int
    created_at: int
    run_at: int
    subject: str | None = None
    stage: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    result: Any = None
    started_at: int | None = None
    finished_at: int | None = None


@dataclass(frozen=True, kw_only=True)
class WaitedJob:
    job_id: str
    kind: str
    #: `pending`, `in_progress`, `completed`, `failed` or `cancelled`.
    state: Literal["pending", "in_progress", "completed", "failed", "cancelled"]
    #: The time was over first, and the job goes on: wait again.
    timed_out: bool
    #: 0 to 1 over all stages.
    progress: float
    #: Identifiers of the pictures and videos that it has made.
    outputs: list[str]
    stage: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    #: What the job says of its result; absent before its end.
    result: Any = None
