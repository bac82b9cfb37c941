"""Operations of `operations` for asyncio.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from __future__ import annotations

from .._async_send import AsyncSender
from .._extra_async import OperationsExtra


class Operations(OperationsExtra):
    """`operations`"""

    def __init__(self, client: AsyncSender) -> None:
        super().__init__(client)
