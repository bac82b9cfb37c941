"""Operations of `identity` for asyncio.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from __future__ import annotations

from typing import Any, Dict, List, Literal

from .. import models
from .._call import Call
from .._async_send import AsyncSender


class IdentityKeys:
    """`identity.keys`"""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def create(
        self, *, name: str, permission: Literal["read", "write", "admin"], tenant: str | None = None,
        expires_in_seconds: int | None = None, limits: Dict[str, Any] | None = None,
    ) -> models.CreatedKey:
        """Make a key; the answer is the only place that ever shows it.

        The key opens the data of one tenant, with the permission `read`, `write` or `admin`, until it expires or is
        revoked. Only its digest is stored. A server that asks for no credential refuses this: its first key is made
        on its machine, by `hearth keys create`.

        name: What the key is for.
        permission: `read`, `write`, or `admin`, which manages the keys of the tenant.
        tenant: Whose data it gives access to; the caller's own when absent.
        expires_in_seconds: Seconds after which it ends; absent: never.
        """
        return await self._client.run(Call(
            "identity.keys.create", "POST", "/api/keys", models.CreatedKey,
            body={"name": name, "permission": permission, "tenant": tenant, "expires_in_seconds":
            expires_in_seconds, "limits": limits},
            is_idempotent=False))

    async def list(
        self, *, tenant: str | None = None, cursor: str | None = None, limit: int | None = None,
    ) -> models.Page[models.Key]:
        """List the keys without their secrets, newest first.

        Answers name, tenant, permission, limits and times of each key, also of those that have ended. An
        administrator of the tenant `local` sees the keys of all tenants.

        tenant: Only keys of this tenant.
        cursor: `next_cursor` of the page before; absent for the first page.
        limit: Entries of a page; 50 when absent.
        """
        return await self._client.run(Call(
            "identity.keys.list", "GET", "/api/keys", models.Page[models.Key],
            query={"tenant": tenant, "cursor": cursor, "limit": limit},
            is_idempotent=True))

    async def rotate(
        self, key_id: str, *, overlap_seconds: int | None = None, expires_in_seconds: int | None = None,
    ) -> models.CreatedKey:
        """Give a key another secret; the one it had is accepted a while longer.

        Answers the new secret, which is shown this once. Clients can change over while both secrets are accepted;
        `overlap_seconds` says how long that is.

        key_id: Identifier of a key.
        overlap_seconds: How long its present secret is still accepted; 86400 when absent.
        expires_in_seconds: Seconds after which the key ends; as before when absent.
        """
        return await self._client.run(Call(
            "identity.keys.rotate", "POST", "/api/keys/{key_id}/rotate", models.CreatedKey,
            in_path={"key_id": key_id},
            body={"overlap_seconds": overlap_seconds, "expires_in_seconds": expires_in_seconds},
            is_idempotent=True))

    async def revoke(self, key_id: str) -> models.Key:
        """End a key at once.

        Every server on this database refuses the key within a second. It stays in the list and cannot be used
        again.

        key_id: Identifier of a key.
        """
        return await self._client.run(Call(
            "identity.keys.revoke", "POST", "/api/keys/{key_id}/revoke", models.Key,
            in_path={"key_id": key_id},
            body={},
            is_idempotent=True))


class Identity:
    """`identity`"""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client
        self.keys = IdentityKeys(client)
