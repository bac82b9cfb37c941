"""What operations of `identity` answer.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal



@dataclass(frozen=True, kw_only=True)
class CreatedKey:
    #: Send it as `Authorization: Bearer …`; it is shown this once.
    secret: str
    key: Key


@dataclass(frozen=True, kw_only=True)
class Key:
    key_id: str
    name: str
    tenant: str
    permission: Literal["read", "write", "admin"]
    start: str
    limits: KeyLimits
    created_at: int
    expires_at: int | None = None
    last_used_at: int | None = None
    revoked_at: int | None = None
    overlap_until: int | None = None


@dataclass(frozen=True, kw_only=True)
class KeyLimits:
    #: Requests a second in the long run.
    requests_per_second: float | None = None
    #: Requests at once after a pause; a second's when absent.
    burst: int | None = None
