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
    #: Bytes that are kept: pictures, what is sent for imports, texts, settings and metadata, and scans.
    stored_bytes: int
    #: Products, projects, characters, anchors, and records of collections.
    records: int


@dataclass(frozen=True, kw_only=True)
class UsageLimits:
    #: Jobs that have not ended.
    unfinished_jobs: int | None = None
    #: Bytes that are kept.
    stored_bytes: int | None = None
    #: Products, projects, characters, anchors, and records of collections.
    records: int | None = None
