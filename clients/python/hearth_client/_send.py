"""What the two clients share: how a call becomes a request, and an answer a value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from ._call import Call
from ._decode import decode
from ._errors import ConnectionFailed, HearthError, TimedOut, error_of

DEFAULT_URL = "http://127.0.0.1:8420"
#: Seconds for an answer; longer than the server lets a caller wait.
DEFAULT_TIMEOUT = 30.0


def headers_of(api_key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {api_key}"} if api_key else {}


def connection_error(error: httpx.HTTPError) -> HearthError:
    """The exception for a request that got no answer."""
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)):
        return ConnectionFailed(
            "not_connected", f"The server was not reached: {error}.",
            allowed="Is `hearth serve` running at this address?")
    if isinstance(error, httpx.TimeoutException):
        return TimedOut(
            "no_answer", "The server did not answer in time.", allowed="Give the client a longer `timeout`.")
    return ConnectionFailed("connection_lost", f"The connection broke: {error!r}.")


def answer_of(call: Call[Any], status: int, body: bytes, headers: Mapping[str, str]) -> Any:
    if status >= 300:
        raise error_of(status, body, headers)
    if call.kind is bytes:
        return body
    if call.kind is str:
        return body.decode()
    return decode(call.kind, json.loads(body)) if body else None
