"""Progress of jobs as the server streams it (Server-Sent Events, WHATWG HTML, section 9.2)."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from ._decode import decode

#: States in which nothing more happens by itself.
FINAL = frozenset({"completed", "failed", "cancelled"})


@dataclasses.dataclass(frozen=True, kw_only=True)
class JobEvent:
    """One line of a job's progress; numbers rise by one, so that a reader can go on from any of them."""

    job_id: str
    number: int
    status: str
    progress: float
    percentage: float
    at: int
    stage: str | None = None
    current: float | None = None
    step: int | None = None
    steps: int | None = None
    eta: float | None = None
    message: str | None = None
    preview: str | None = None
    error_code: str | None = None

    @property
    def is_final(self) -> bool:
        return self.status in FINAL


class EventReader:
    """Makes events of the lines of a stream."""

    def __init__(self) -> None:
        self._data: list[str] = []

    def read(self, line: str) -> JobEvent | None:
        """The event that a line ends; None: there is none yet."""
        if line.startswith("data:"):
            self._data.append(line[5:].removeprefix(" "))
        if line or not self._data:
            return None
        value: Any = json.loads("\n".join(self._data))
        self._data = []
        event: JobEvent = decode(JobEvent, value)
        return event
