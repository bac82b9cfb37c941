"""Operations of `system`.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from __future__ import annotations

from .. import models
from .._call import Call
from .._extra import SystemExtra
from .._sync_send import Sender


class SystemWorker:
    """`system.worker`"""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def recycle(self) -> models.Recycled:
        """Replace the worker by a fresh one, without a gap.

        A fresh worker loads the models first and then takes over; calls and jobs of the old one end in it.
        """
        return self._client.run(Call(
            "system.worker.recycle", "POST", "/api/system/worker/recycle", models.Recycled,
            body={},
            is_idempotent=True))


class System(SystemExtra):
    """`system`"""

    def __init__(self, client: Sender) -> None:
        super().__init__(client)
        self.worker = SystemWorker(client)

    def health(self) -> models.Health:
        """How the server, its worker and its models are.

        Answers `healthy`, `starting`, `degraded` or `unhealthy`, the state of store, worker and models, and which
        features are lost meanwhile.
        """
        return self._client.run(Call(
            "system.health", "GET", "/api/system/health", models.Health,
            is_idempotent=True))

    def stats(self) -> models.Stats:
        """Queue depths, latencies, models, caches, uptime.

        Answers queue depths by lane, percentiles of latencies, caches, resident collections, and the worker's
        figures since the start, of all tenants together.
        """
        return self._client.run(Call(
            "system.stats", "GET", "/api/system/stats", models.Stats,
            is_idempotent=True))
