"""A call before it is sent: what an operation's method makes of its arguments."""

from __future__ import annotations

import dataclasses
import json
import os
import urllib.parse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, BinaryIO, Generic, TypeVar, Union

T = TypeVar("T")

#: A file to send: its bytes, its path, or an open file, which is read from its beginning.
Upload = Union[bytes, bytearray, str, "os.PathLike[str]", BinaryIO]


@dataclasses.dataclass(frozen=True)
class Call(Generic[T]):
    """One call of an operation. `kind` is the type of the answer."""

    operation: str
    method: str
    path: str
    kind: type[T] | Any
    in_path: dict[str, str] = dataclasses.field(default_factory=dict)
    query: dict[str, Any] = dataclasses.field(default_factory=dict)
    #: None: the call has no body.
    body: dict[str, Any] | None = None
    #: Name of the part, and the file.
    file: tuple[str, Upload] | None = None
    is_idempotent: bool = False

    @property
    def url(self) -> str:
        """Path and query, encoded."""
        path = self.path
        for name, value in self.in_path.items():
            path = path.replace("{" + name + "}", urllib.parse.quote(str(value), safe=""))
        query = [(name, _text(value)) for name, value in self.query.items() if value is not None]
        return f"{path}?{urllib.parse.urlencode(query)}" if query else path

    @contextmanager
    def content(self) -> Iterator[dict[str, Any]]:
        """The body as arguments of httpx; files that it opens are closed at the end. Each attempt makes its own."""
        fields = {name: value for name, value in (self.body or {}).items() if value is not None}
        with ExitStack() as opened:
            if self.body is None:
                yield {}
            elif self.file is None:
                yield {"json": fields}
            else:
                parts: list[tuple[str, Any]] = [
                    (name, (None, json.dumps(value).encode(), "application/json")) for name, value in fields.items()]
                parts.append((self.file[0], ("file", opened_file(self.file[1], opened), "application/octet-stream")))
                yield {"files": parts}

    @property
    def is_repeatable(self) -> bool:
        """Whether its file can be read again."""
        if self.file is None or isinstance(self.file[1], (bytes, bytearray, str, os.PathLike)):
            return True
        return self.file[1].seekable()


def opened_file(upload: Upload, opened: ExitStack) -> bytes | BinaryIO:
    if isinstance(upload, (bytes, bytearray)):
        return bytes(upload)
    if isinstance(upload, (str, os.PathLike)):
        return opened.enter_context(open(upload, "rb"))
    if upload.seekable():
        upload.seek(0)
    return upload


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)
