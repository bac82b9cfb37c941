"""The client for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, TypeVar

import httpx

from ._async_send import AsyncSender
from ._retry import Retry
from ._send import DEFAULT_TIMEOUT, DEFAULT_URL
from .later import HearthOperations
from .models import Page

T = TypeVar("T")


class AsyncHearth(HearthOperations):
    """A Hearth server. It may be used by several tasks of one event loop at once.

        async with AsyncHearth() as hearth:
            await hearth.studio.anchors.register("bolt.jpg", name="Bolt", wait=True)
            print((await hearth.studio.recall(image="who.jpg")).matches[0].name)
    """

    def __init__(
        self, url: str = DEFAULT_URL, *, api_key: str | None = None, timeout: float = DEFAULT_TIMEOUT,
        retry: Retry = Retry(), transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`timeout`: seconds without an answer; `transport`: of httpx, for proxies and tests; `sleep`: makes pauses."""
        self._sender = AsyncSender(url, api_key=api_key, timeout=timeout, retry=retry, transport=transport, sleep=sleep)
        super().__init__(self._sender)

    async def every(
        self, list_page: Callable[..., Awaitable[Page[T]]], /, *arguments: Any, **fields: Any
    ) -> AsyncIterator[T]:
        """Every item of a list: `async for one in hearth.every(hearth.products.list, template="shop")`."""
        cursor: str | None = None
        while True:
            page = await list_page(*arguments, **fields, cursor=cursor)
            for item in page.items:
                yield item
            cursor = page.next_cursor
            if cursor is None:
                return

    async def close(self) -> None:
        """Closes the connections."""
        await self._sender.close()

    async def __aenter__(self) -> AsyncHearth:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
