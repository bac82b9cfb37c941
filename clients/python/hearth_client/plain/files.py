"""Operations of `files`.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from __future__ import annotations

from .._extra import FilesExtra
from .._sync_send import Sender


class Files(FilesExtra):
    """`files`"""

    def __init__(self, client: Sender) -> None:
        super().__init__(client)
