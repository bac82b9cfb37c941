"""What operations of `tenants` answer.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from __future__ import annotations

from dataclasses import dataclass



@dataclass(frozen=True, kw_only=True)
class TenantUsage:
    tenant: str
    usage: Usage
    limits: UsageLimits


@dataclass(frozen=True, kw_only=True)
class Usage:
    #: Jobs that have not ended.
    unfinished_jobs: int
    #: Bytes of files that are kept: pictures, and what is sent for imports.
    stored_bytes: int
    #: Products, projects, characters, anchors, and records of collections.
    records: int


@dataclass(frozen=True, kw_only=True)
class UsageLimits:
    #: Jobs that have not ended.
    unfinished_jobs: int | None = None
    #: Bytes of files that are kept.
    stored_bytes: int | None = None
    #: Products, projects, characters, anchors, and records of collections.
    records: int | None = None
