"""What the methods of both clients share: the calls, and the values that they give back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from . import models
from ._call import Call, Upload
from ._errors import JobFailed

#: What a text is for: the model's prefix for it is put before it.
Role = Literal["query", "document", "search_query", "passage", "search_document"]
#: Bytes of one piece of an upload.
PIECE = 8 << 20


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """A vector, and the model that made it; of a batch, an input that failed has an `error` instead."""

    model: dict[str, Any] | None = None
    embedding: list[float] | None = None
    tokens: int = 0
    cached: bool = False
    error: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class EmbeddedBatch:
    """The vectors of several inputs, in their order."""

    results: list[Embedded]
    failed: int = 0


@dataclass(frozen=True, kw_only=True)
class ImportedRecords:
    """What became of the lines of an import."""

    upserted: int = 0
    error_count: int = 0
    errors: list[dict[str, Any]] | None = None
    #: Where another import goes on when this one has stopped.
    next_line: int | None = None


@dataclass(frozen=True, kw_only=True)
class ImportedCharacter:
    """What became of the file of a character."""

    character_id: str
    project_id: str
    name: str
    handle: str
    #: False when the project had the character already.
    is_new: bool
    added_anchor_count: int = 0
    known_anchor_count: int = 0
    #: Pictures that recall finds at once, by vectors of the file.
    remembered_count: int = 0
    bible_is_changed: bool = False


def embed_call(inputs: Mapping[str, Any], image: Upload | None) -> Call[Embedded]:
    return Call("embed", "POST", "/embed", Embedded, body=dict(inputs),
                file=None if image is None else ("image", image), is_idempotent=True)


def embed_batch_call(inputs: Mapping[str, Any]) -> Call[EmbeddedBatch]:
    return Call("embed.batch", "POST", "/embed/batch", EmbeddedBatch, body=dict(inputs), is_idempotent=True)


def get(operation: str, path: str, kind: Any, **query: Any) -> Call[Any]:
    return Call(operation, "GET", path, kind, query=query, is_idempotent=True)


def events_call(job_id: str, since: int) -> Call[Any]:
    return Call("jobs.events", "GET", "/jobs/{job_id}/events", Any, in_path={"job_id": job_id},
                query={"since": since}, is_idempotent=True)


def export_call(collection: str, format: str | None) -> Call[Any]:
    return Call("collections.export", "GET", "/api/collections/{collection}/export", Any,
                in_path={"collection": collection}, query={"format": format}, is_idempotent=True)


def import_call(collection: str, format: str | None, from_line: int | None, id_prefix: str | None) -> Call[Any]:
    return Call("collections.import", "POST", "/api/collections/{collection}/import", ImportedRecords,
                in_path={"collection": collection},
                query={"format": format, "from_line": from_line, "id_prefix": id_prefix})


def file_call(file_id: str, download: bool | None) -> Call[bytes]:
    return Call("files.read", "GET", "/files/{file_id}", bytes, in_path={"file_id": file_id},
                query={"download": download}, is_idempotent=True)


def thumbnail_call(file_id: str) -> Call[bytes]:
    return Call("files.thumbnail", "GET", "/files/{file_id}/thumbnail", bytes, in_path={"file_id": file_id},
                is_idempotent=True)


def project_call(project: str) -> Call[Any]:
    return Call("studio.projects.export", "GET", "/api/projects/{project}/export", Any, in_path={"project": project},
                is_idempotent=True)


def project_import_call() -> Call[Any]:
    return Call("studio.projects.import", "POST", "/api/projects/import", Any)


def character_call(character_id: str) -> Call[Any]:
    return Call("studio.characters.export", "GET", "/api/characters/{character_id}/export", Any,
                in_path={"character_id": character_id}, is_idempotent=True)


def character_import_call(project: str | None, name: str | None, handle: str | None) -> Call[Any]:
    return Call("studio.characters.import", "POST", "/api/characters/import", ImportedCharacter,
                query={"project": project, "name": name, "handle": handle})


def operation_call(operation: str, fields: Mapping[str, Any]) -> Call[Any]:
    return Call("operations.call", "POST", "/api/operations/{operation}", Any, in_path={"operation": operation},
                body=dict(fields))


def piece_call(import_id: str, piece: bytes, offset: int) -> Call[models.ProductImport]:
    # A piece that has arrived is refused at its old place, and the answer says where to go on: it may be sent again.
    return Call("products.imports.append", "POST", "/products/imports/{import_id}/bytes", models.ProductImport,
                in_path={"import_id": import_id}, query={"offset": offset}, body={}, file=("file", piece))


def import_get(import_id: str) -> Call[models.ProductImport]:
    return Call("products.imports.get", "GET", "/products/imports/{import_id}", models.ProductImport,
                in_path={"import_id": import_id}, is_idempotent=True)


def failure_of(job: models.Job) -> JobFailed | None:
    """Why a job that has ended did not do what it should."""
    if job.status == "completed":
        return None
    return JobFailed(job.error_code or job.status, job.error_message or f"The job was {job.status}.", job_id=job.job_id)


def length_of(upload: Upload) -> int | None:
    """Bytes of a file; None: that is not known."""
    if isinstance(upload, (bytes, bytearray)):
        return len(upload)
    return os.path.getsize(upload) if isinstance(upload, (str, os.PathLike)) else None
