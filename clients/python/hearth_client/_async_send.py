"""Sends calls and waits for their answers, for asyncio."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar, Union

import httpx

from ._call import Call
from ._errors import HearthError, error_of
from ._retry import Retry
from ._send import answer_of, connection_error, headers_of

T = TypeVar("T")
#: Records of a collection, one by one.
Records = Union[Iterable[Mapping[str, Any]], AsyncIterable[Mapping[str, Any]]]


async def lines_of(records: Records) -> AsyncIterator[bytes]:
    """The records as JSON lines."""
    if isinstance(records, AsyncIterable):
        async for record in records:
            yield json.dumps(record).encode() + b"\n"
    else:
        for record in records:
            yield json.dumps(record).encode() + b"\n"


class AsyncSender:
    """One connection pool to one server."""

    def __init__(
        self, url: str, *, api_key: str | None, timeout: float, retry: Retry,
        transport: httpx.AsyncBaseTransport | None, sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.http = httpx.AsyncClient(base_url=url, headers=headers_of(api_key), timeout=timeout, transport=transport)
        self.timeout, self.retry, self.sleep = timeout, retry, sleep

    async def run(self, call: Call[T]) -> T:
        """The answer of a call; a call that may be sent again is, when it was not answered."""
        attempt = 1
        while True:
            try:
                return await self._once(call)
            except HearthError as error:
                pause = self.retry.pause(attempt, error, is_idempotent=call.is_idempotent)
                if pause is None or not call.is_repeatable:
                    raise
            attempt += 1
            await self.sleep(pause)

    async def _once(self, call: Call[T]) -> T:
        try:
            with call.content() as content:
                answer = await self.http.request(call.method, call.url, **content)
        except httpx.HTTPError as error:
            raise connection_error(error) from error
        result: T = answer_of(call, answer.status_code, answer.content, answer.headers)
        return result

    @asynccontextmanager
    async def stream(
        self, call: Call[Any], *, read_timeout: float | None = None, **options: Any
    ) -> AsyncIterator[httpx.Response]:
        """An answer that is read piece by piece.

        - read_timeout: seconds in which a piece must come; None: as the client has it.
        """
        timeout = httpx.Timeout(self.timeout, read=self.timeout if read_timeout is None else read_timeout)
        try:
            async with self.http.stream(call.method, call.url, timeout=timeout, **options) as answer:
                if answer.status_code >= 300:
                    raise error_of(answer.status_code, await answer.aread(), answer.headers)
                yield answer
        except httpx.HTTPError as error:
            raise connection_error(error) from error

    async def close(self) -> None:
        await self.http.aclose()
