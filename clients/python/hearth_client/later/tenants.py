"""Operations of `tenants` for asyncio.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from __future__ import annotations

from .. import models
from .._call import Call
from .._async_send import AsyncSender


class Tenants:
    """`tenants`"""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def usage(self, *, tenant: str | None = None) -> models.TenantUsage:
        """Show what a tenant has, and what it may have.

        Counts the unfinished jobs, the bytes of files and the records of the caller's tenant. An administrator of
        the tenant `local` may name another one.

        tenant: Another tenant than the caller's own.
        """
        return await self._client.run(Call(
            "tenants.usage", "GET", "/api/usage", models.TenantUsage,
            query={"tenant": tenant},
            is_idempotent=True))

    async def limit(
        self, tenant: str, *, unfinished_jobs: int | None = None, stored_bytes: int | None = None, records: int |
        None = None,
    ) -> models.TenantUsage:
        """Set what a tenant may have.

        The limits that are given take the place of those that the tenant had; what is not given is not limited. A
        lower limit deletes nothing: it refuses what would be added. Every process applies it within a second.

        tenant: Whose limits they are.
        unfinished_jobs: Jobs that have not ended.
        stored_bytes: Bytes that are kept.
        records: Products, projects, characters, anchors, and records of collections.
        """
        return await self._client.run(Call(
            "tenants.limit", "PUT", "/api/tenants/{tenant}/limits", models.TenantUsage,
            in_path={"tenant": tenant},
            body={"unfinished_jobs": unfinished_jobs, "stored_bytes": stored_bytes, "records": records},
            is_idempotent=True))
