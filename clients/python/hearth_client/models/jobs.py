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
    current: float | None = None
    step: int | None = None
    steps: int | None = None
    eta: float | None = None
    error_code: str | None = None
    error_message: str | None = None
    result: Any = None
    started_at: int | None = None
    finished_at: int | None = None
