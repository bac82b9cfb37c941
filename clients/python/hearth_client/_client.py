"""The client for plain code."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, TypeVar

import httpx

from ._retry import Retry
from ._send import DEFAULT_TIMEOUT, DEFAULT_URL
from ._sync_send import Sender
from .models import Page
from .plain import HearthOperations

T = TypeVar("T")


class Hearth(HearthOperations):
    """A Hearth server. It may be used by several threads at once.

        with Hearth() as hearth:
            hearth.studio.anchors.register("bolt.jpg", name="Bolt", wait=True)
            print(hearth.studio.recall(image="who.jpg").matches[0].name)
    """

    def __init__(
        self, url: str = DEFAULT_URL, *, api_key: str | None = None, timeout: float = DEFAULT_TIMEOUT,
        retry: Retry = Retry(), transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`timeout`: seconds without an answer; `transport`: of httpx, for proxies and tests; `sleep`: makes pauses."""
        self._sender = Sender(url, api_key=api_key, timeout=timeout, retry=retry, transport=transport, sleep=sleep)
        super().__init__(self._sender)

    def every(self, list_page: Callable[..., Page[T]], /, *arguments: Any, **fields: Any) -> Iterator[T]:
        """Every item of a list: `hearth.every(hearth.products.list, template="shop")`."""
        cursor: str | None = None
        while True:
            page = list_page(*arguments, **fields, cursor=cursor)
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    def close(self) -> None:
        """Closes the connections."""
        self._sender.close()

    def __enter__(self) -> Hearth:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
