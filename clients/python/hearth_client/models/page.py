"""A part of a list.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """A part of a list; `every` of the client goes through all of them."""

    items: list[T]
    #: Begins the next page; None: this is the last one.
    next_cursor: str | None = None
    #: What was probably meant, where nothing was found.
    hint: str | None = None
