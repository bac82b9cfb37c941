"""What the server refuses, and what goes wrong on the way, as exceptions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class HearthError(Exception):
    """A call that was not answered as it should.

    `code` is a stable name, `message` says what was wrong, `allowed` what is allowed or what to do next, `details` more
    than a sentence can say. `status` is that of HTTP; None: no answer came.
    """

    def __init__(
        self, code: str, message: str, *, allowed: str | None = None, details: Any = None, status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.allowed = allowed
        self.details = details
        self.status = status
        #: Seconds after which a new attempt makes sense.
        self.retry_after = retry_after

    def __str__(self) -> str:
        text = f"{self.message} {self.allowed}" if self.allowed else self.message
        return f"{text} [{self.code}]"


class InvalidRequest(HearthError):
    """The request is malformed, or its picture or file is not one that the server takes."""


class NotFound(HearthError):
    """There is no such thing, or it belongs to another tenant."""


class Conflict(HearthError):
    """The state of the thing forbids it: a name that is taken, a job that has ended."""


class Unauthorized(HearthError):
    """No credential was sent, or a wrong one."""


class Forbidden(HearthError):
    """The credential does not allow it."""


class RateLimited(HearthError):
    """The key or its tenant has sent more requests than it may."""


class QuotaExceeded(HearthError):
    """The tenant has as much as it may have."""


class Overloaded(HearthError):
    """The server has as much to do as it can take."""


class ModelNotReady(HearthError):
    """The model is being loaded, or no worker runs."""


class TimedOut(HearthError):
    """What was asked for did not end in time."""


class ConnectionFailed(HearthError):
    """The server was not reached, or the connection broke."""


class JobFailed(HearthError):
    """A job that was waited for has failed or was cancelled; `job_id` names it."""

    def __init__(self, code: str, message: str, *, job_id: str) -> None:
        super().__init__(code, message, allowed="`jobs.retry` runs it again.")
        self.job_id = job_id


_BY_CODE: Mapping[str, type[HearthError]] = {
    "not_found": NotFound, "conflict": Conflict, "unauthorized": Unauthorized, "forbidden": Forbidden,
    "rate_limited": RateLimited, "quota_exceeded": QuotaExceeded, "overloaded": Overloaded,
    "model_not_ready": ModelNotReady, "deadline_exceeded": TimedOut, "request_timeout": TimedOut,
}


def error_of(status: int, body: bytes, headers: Mapping[str, str]) -> HearthError:
    """The exception that an answer stands for; one that is not in Hearth's form, such as a proxy's, as well."""
    try:
        shown = json.loads(body)["error"]
        code, message = str(shown["code"]), str(shown["message"])
    except (ValueError, KeyError, TypeError):
        shown, code, message = {}, f"http_{status}", f"The server answered {status}."
    kind = _BY_CODE.get(code) or (InvalidRequest if status in (400, 413, 415, 422) else HearthError)
    return kind(
        code, message, allowed=shown.get("hint"), details=shown.get("details"), status=status,
        retry_after=_seconds(headers.get("retry-after")))


def _seconds(text: str | None) -> float | None:
    try:
        return None if text is None else max(float(text), 0)
    except ValueError:
        return None
