"""Sends calls and waits for their answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx

from ._call import Call
from ._errors import HearthError, error_of
from ._retry import Retry
from ._send import answer_of, connection_error, headers_of

T = TypeVar("T")
#: Records of a collection, one by one.
Records = Iterable[Mapping[str, Any]]


def lines_of(records: Records) -> Iterator[bytes]:
    """The records as JSON lines."""
    for record in records:
        yield json.dumps(record).encode() + b"\n"


class Sender:
    """One connection pool to one server."""

    def __init__(
        self, url: str, *, api_key: str | None, timeout: float, retry: Retry, transport: httpx.BaseTransport | None,
        sleep: Callable[[float], None],
    ) -> None:
        self.http = httpx.Client(base_url=url, headers=headers_of(api_key), timeout=timeout, transport=transport)
        self.timeout, self.retry, self.sleep = timeout, retry, sleep

    def run(self, call: Call[T]) -> T:
        """The answer of a call; a call that may be sent again is, when it was not answered."""
        attempt = 1
        while True:
            try:
                return self._once(call)
            except HearthError as error:
                pause = self.retry.pause(attempt, error, is_idempotent=call.is_idempotent)
                if pause is None or not call.is_repeatable:
                    raise
            attempt += 1
            self.sleep(pause)

    def _once(self, call: Call[T]) -> T:
        try:
            with call.content() as content:
                answer = self.http.request(call.method, call.url, **content)
        except httpx.HTTPError as error:
            raise connection_error(error) from error
        result: T = answer_of(call, answer.status_code, answer.content, answer.headers)
        return result

    @contextmanager
    def stream(self, call: Call[Any], *, read_timeout: float | None = None, **options: Any) -> Iterator[httpx.Response]:
        """An answer that is read piece by piece.

        - read_timeout: seconds in which a piece must come; None: as the client has it.
        """
        timeout = httpx.Timeout(self.timeout, read=self.timeout if read_timeout is None else read_timeout)
        try:
            with self.http.stream(call.method, call.url, timeout=timeout, **options) as answer:
                if answer.status_code >= 300:
                    raise error_of(answer.status_code, answer.read(), answer.headers)
                yield answer
        except httpx.HTTPError as error:
            raise connection_error(error) from error

    def close(self) -> None:
        self.http.close()
