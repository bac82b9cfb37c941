"""What operations of `system` answer.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .models import Model


@dataclass(frozen=True, kw_only=True)
class Health:
    status: Literal["healthy", "starting", "degraded", "unhealthy"]
    #: Whether the model that serves anchors is in memory.
    model_preloaded: bool
    models: list[Model]
    #: Resident memory of the front.
    memory_mb: float
    services: Services
    workers: list[Worker]
    unmet_needs: list[UnmetNeed]
    #: What does not work now, in words.
    lost_features: list[str]
    version: str
    #: That of the worker that holds models; absent while it starts.
    worker_memory_mb: float | None = None


@dataclass(frozen=True, kw_only=True)
class Recycled:
    recycling: bool


@dataclass(frozen=True, kw_only=True)
class Services:
    store: Literal["up", "down", "starting", "external"]
    worker: Literal["up", "down", "starting", "external"]


@dataclass(frozen=True, kw_only=True)
class Stats:
    uptime_seconds: float
    #: Jobs by lane and state.
    queue: dict[str, dict[str, int]]
    #: By the name of the measurement; those without a value are left out.
    latencies_ms: dict[str, SystemStatsLatenciesMsEntry]
    #: Collections of vectors that are in memory.
    collections: SystemStatsCollections
    #: The tiers of the embedding cache, by name.
    caches: dict[str, SystemStatsCachesEntry]
    models: list[Model]
    #: Figures of the worker that holds models, since its start.
    worker: SystemStatsWorker
    #: Clients that follow jobs now.
    event_listeners: int


@dataclass(frozen=True, kw_only=True)
class SystemHealthWorkersLastCrash:
    reason: str
    at: int


@dataclass(frozen=True, kw_only=True)
class SystemStatsCachesEntry:
    #: Whether it works now.
    available: bool
    entries: int
    bytes: int
    byte_budget: int
    hits: int
    misses: int
    evictions: int
    #: Embeddings that were not kept because too many waited to be written.
    dropped_writes: int
    #: Hits of all calls, 0 to 1; absent before the first call.
    hit_rate: float | None = None


@dataclass(frozen=True, kw_only=True)
class SystemStatsCollections:
    resident: int
    bytes: int
    byte_budget: int


@dataclass(frozen=True, kw_only=True)
class SystemStatsLatenciesMsEntry:
    count: int
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, kw_only=True)
class SystemStatsWorker:
    restarts: int
    ended_jobs: int


@dataclass(frozen=True, kw_only=True)
class UnmetNeed:
    #: A model, a program or a service.
    need: str
    role: str
    operations: list[str]
    #: Jobs of all tenants that wait for it, for operators; absent when they could not be counted.
    waiting_jobs: int | None = None


@dataclass(frozen=True, kw_only=True)
class Worker:
    role: str
    state: Literal["up", "down", "starting", "external"]
    #: The lanes of jobs that it runs.
    lanes: list[str]
    #: Its name in leases of jobs; absent while it starts; for operators.
    worker: str | None = None
    #: Its process; for operators.
    pid: int | None = None
    #: Resident memory of its process.
    memory_mb: float | None = None
    #: Workers of this role that were started after the first; for operators.
    restarts: int | None = None
    #: The last end of one of them by its own doing, with its reason; for operators.
    last_crash: SystemHealthWorkersLastCrash | None = None
