"""Client of Hearth: `Hearth` for plain code, `AsyncHearth` for asyncio."""

from . import models
from ._async import AsyncHearth
from ._call import Upload
from ._client import Hearth
from ._errors import (
    Conflict,
    ConnectionFailed,
    Forbidden,
    HearthError,
    InvalidRequest,
    JobFailed,
    ModelNotReady,
    NotFound,
    Overloaded,
    QuotaExceeded,
    RateLimited,
    TimedOut,
    Unauthorized,
)
from ._events import JobEvent
from ._extra_calls import Embedded, ImportedRecords
from ._retry import Retry

__all__ = [
    "AsyncHearth", "Conflict", "ConnectionFailed", "Embedded", "Forbidden", "Hearth", "HearthError", "ImportedRecords",
    "InvalidRequest", "JobEvent", "JobFailed", "ModelNotReady", "NotFound", "Overloaded", "QuotaExceeded",
    "RateLimited", "Retry", "TimedOut", "Unauthorized", "Upload", "models",
]
