"""What operations of `products` answer.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from .studio import ModelIdentity


@dataclass(frozen=True, kw_only=True)
class BackfillStatus:
    #: Products without a current embedding.
    missing: int
    #: Products whose embedding is by other models than those of now.
    stale: int
    #: The models that searches use.
    served: ProductModels | None = None
    #: The models that products are embedded by; searches use them once all are.
    target: ProductModels | None = None


@dataclass(frozen=True, kw_only=True)
class ImportErrors:
    errors: list[ImportProblem]


@dataclass(frozen=True, kw_only=True)
class ImportProblem:
    line: int
    code: str
    message: str
    external_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class JobTicket:
    #: Identifier of the job.
    job_id: str
    #: State of the job: pending, in_progress, completed, failed or cancelled.
    status: str
    #: False when an unfinished job did the same already; then it is that job.
    is_new: bool
    #: Live progress of the job, relative to the server.
    websocket_url: str
    #: Events of the job as a page or as an event stream, relative to the server.
    events_url: str


@dataclass(frozen=True, kw_only=True)
class KeptMatch:
    product_id: str
    external_id: str
    score: float


@dataclass(frozen=True, kw_only=True)
class Product:
    #: Identifier, UUIDv7.
    product_id: str
    #: Your own name for it, unique within the tenant.
    external_id: str
    template: str
    source_type: str
    title: str
    description: str
    #: Flat: names with texts, numbers, true or false.
    attributes: Any
    images: list[ProductImage]
    #: Whether searches find it with all that it is now.
    is_embedded: bool
    #: Milliseconds since 1970.
    created_at: int
    #: Milliseconds since 1970.
    updated_at: int
    #: Why a picture or the text of it could not be embedded.
    embedding_failure: str | None = None


@dataclass(frozen=True, kw_only=True)
class ProductDeletion:
    #: Identifier of what was deleted.
    deleted: str
    #: Pictures that were deleted with it.
    image_count: int


@dataclass(frozen=True, kw_only=True)
class ProductImage:
    image_id: str
    path: str
    url: str
    sha256: str
    bytes: int
    format: str
    width: int
    height: int
    created_at: int


@dataclass(frozen=True, kw_only=True)
class ProductImport:
    import_id: str
    state: Literal["receiving", "running", "completed", "failed", "deleting"]
    #: Bytes that have arrived.
    bytes: int
    #: How far it was read: bytes of the list, or folders of an archive.
    position: int
    #: Lines that were read.
    line: int
    #: Rows that became products, or changed them.
    accepted: int
    #: Rows that could not be used; each has an error.
    refused: int
    #: Milliseconds since 1970.
    created_at: int
    #: Milliseconds since 1970.
    updated_at: int
    format: Literal["jsonl", "csv", "zip"] | None = None
    template: str | None = None
    source_type: str | None = None
    #: Why the whole of it cannot be used.
    failure: str | None = None
    #: The job that reads it.
    job_id: str | None = None
    #: Live progress of the job, relative to the server.
    websocket_url: str | None = None
    #: The first errors; `GET /products/imports/{import_id}/errors` lists more.
    errors: list[ImportProblem] | None = None
    #: Products without vectors yet, of this import and of others: searches do not find them. Counted up to 1000, and
    #: only where one import is shown.
    pending: int | None = None


@dataclass(frozen=True, kw_only=True)
class ProductModels:
    image: ModelIdentity | None = None
    text: ModelIdentity | None = None


@dataclass(frozen=True, kw_only=True)
class ProductSettings:
    image_weight: float
    text_weight: float
    template: str | None = None
    #: The models that searches use.
    served: ProductModels | None = None
    #: The models that products are embedded by; searches use them once all are.
    target: ProductModels | None = None


@dataclass(frozen=True, kw_only=True)
class Scan:
    scan_id: str
    #: Of the picture's bytes; the picture itself is not kept.
    sha256: str
    model: ModelIdentity
    searched: str
    compared: int
    is_cached: bool
    #: What was answered, best first.
    matches: list[KeptMatch]
    #: Milliseconds until the answer.
    total_ms: float
    #: Milliseconds since 1970.
    created_at: int
    template: str | None = None
    source_type: str | None = None
    #: Conditions on attributes, as they were sent.
    filter: Any = None


@dataclass(frozen=True, kw_only=True)
class ScanMatch:
    product_id: str
    external_id: str
    title: str
    template: str
    source_type: str
    score: float
    image_id: str | None = None
    image_score: float | None = None
    text_score: float | None = None


@dataclass(frozen=True, kw_only=True)
class ScanReply:
    #: Most similar products, best first.
    matches: list[ScanMatch]
    #: Which vectors of the products were compared: of pictures, of texts, or both.
    searched: Literal["image", "text", "combined"]
    #: The model that compared them; scores of two models are not comparable.
    model: ModelIdentity
    #: Products whose vectors are still being made, and which the search may have missed; counted up to 1000.
    pending: int
    #: Whether every product was compared: false while some are pending, or while all are embedded by this model and
    #: no other can answer.
    is_complete: bool
    #: Whether the query's embedding was known: no model was asked.
    is_cached: bool
    #: Vectors that were compared.
    compared: int
    #: Milliseconds of each stage; decode, queue and compute are the worker's.
    timings: ScanTimings
    #: The model of the texts in a combined search, when it is another one.
    text_model: ModelIdentity | None = None
    #: What was probably meant, where there was nothing to compare: another template.
    hint: str | None = None
    #: Of the kept scan; its row is made after the answer.
    scan_id: str | None = None
    #: Whether the scan is kept; false when it was not wanted or too many wait.
    is_stored: bool | None = None


@dataclass(frozen=True, kw_only=True)
class ScanTimings:
    decode_ms: float
    queue_ms: float
    compute_ms: float
    embed_ms: float
    search_ms: float
    total_ms: float


@dataclass(frozen=True, kw_only=True)
class UpsertedProduct:
    product: Product
    #: False when a product had this external id already.
    is_new: bool
    #: The job that embeds it; absent when nothing that is embedded has changed.
    job_id: str | None = None
    #: Live progress of the job, relative to the server.
    websocket_url: str | None = None
    #: State of the job; only with `wait`.
    status: Literal["pending", "in_progress", "completed", "failed", "cancelled"] | None = None
    #: Why the job has failed, when it has; the product stays. Only with `wait`.
    failure: str | None = None
