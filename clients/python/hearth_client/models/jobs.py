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
    #: 0 to 1 over all stages.
    progress: float
    #: Number of its newest event.
    last_event: int
    created_at: int
    run_at: int
    subject: str | None = None
    stage: str | None = None
    #: 0 to 1 of the stage; absent where that is not known.
    current: float | None = None
    #: Of the stage.
    step: int | None = None
    #: How many the stage has.
    steps: int | None = None
    #: Seconds that were left when progress was last reported, by the progress that was measured; absent while that
    #: is not known.
    eta: float | None = None
    error_code: str | None = None
    error_message: str | None = None
    result: Any = None
    started_at: int | None = None
    finished_at: int | None = None
