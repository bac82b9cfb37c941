"""What operations of `collections` answer.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any



@dataclass(frozen=True, kw_only=True)
class Collection:
    #: Identifier of the collection; every path takes it or the name.
    collection_id: str
    #: Its name.
    name: str
    #: How vectors are compared: `cosine`, `dot` or `euclidean`.
    metric: str
    #: Payload fields that filters can look at.
    attributes: Any
    #: Raised by each change of its records.
    version: int
    #: Milliseconds since 1970.
    created_at: int
    #: Length of its vectors; absent as long as none has come.
    dims: int | None = None
    #: The model that embeds texts and pictures; absent when only vectors are taken.
    model: str | None = None
    #: Those that a change is reading from the records; absent when none is under way.
    next_attributes: Any = None
    #: Its owner's words about it.
    metadata: Any = None
    #: How many records it has; absent in lists.
    record_count: int | None = None


@dataclass(frozen=True, kw_only=True)
class CollectionDeletion:
    #: Identifier of the collection.
    deleted: str
    #: Records that were deleted with it.
    record_count: int


@dataclass(frozen=True, kw_only=True)
class DeletedRecords:
    #: How many were there.
    deleted: int


@dataclass(frozen=True, kw_only=True)
class QueryMatch:
    #: Of the record.
    id: str
    #: Greater is closer: cosine, dot product, or minus the squared Euclidean distance.
    score: float
    #: Smaller is closer: 1 - cosine, 1 - dot product, or the Euclidean distance.
    distance: float
    #: As it was stored.
    payload: Any = None
    #: The text that was stored with it.
    document: str | None = None
    #: Only when asked for.
    vector: list[float] | None = None


@dataclass(frozen=True, kw_only=True)
class QueryReply:
    #: One for each query, in their order.
    results: list[QueryResult]
    #: Of the collection.
    metric: str
    #: In milliseconds.
    timings: QueryTimings
    #: That makes vectors of texts and pictures.
    model: str | None = None


@dataclass(frozen=True, kw_only=True)
class QueryResult:
    #: Closest first.
    matches: list[QueryMatch]
    #: Records that passed the filter.
    compared: int


@dataclass(frozen=True, kw_only=True)
class QueryTimings:
    #: Until the query's vector was there.
    embed_ms: float
    #: Comparing, and reading what was found.
    search_ms: float
    #: Both.
    total_ms: float


@dataclass(frozen=True, kw_only=True)
class Record:
    #: Its owner's name for it.
    id: str
    #: As it was stored.
    payload: Any = None
    #: The text that was stored with it.
    document: str | None = None
    #: The vector as it was sent or made; only when asked for.
    vector: list[float] | None = None


@dataclass(frozen=True, kw_only=True)
class RecordCount:
    #: Records that pass the filter.
    count: int


@dataclass(frozen=True, kw_only=True)
class RecordProblem:
    index: int
    code: str
    message: str
    id: str | None = None
    hint: str | None = None


@dataclass(frozen=True, kw_only=True)
class Records:
    #: In the order of the ids.
    records: list[Record]


@dataclass(frozen=True, kw_only=True)
class UpsertedRecords:
    #: Records that were stored.
    upserted: int
    #: Records that were not; only with `partial`.
    error_count: int
    #: The first 100 of them, with index, id, code, message and hint.
    errors: list[RecordProblem]
    #: Milliseconds that the model took.
    embed_ms: float
