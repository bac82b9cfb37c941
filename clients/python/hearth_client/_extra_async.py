"""Methods that stream, wait, or take more than fields, for asyncio."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from typing import Any, Literal

from . import models
from ._async_send import AsyncSender, Records, lines_of
from ._call import Call, Upload, opened_file
from ._errors import ConnectionFailed, HearthError, TimedOut
from ._events import FINAL, EventReader, JobEvent
from ._extra_calls import (
    PIECE,
    Embedded,
    ImportedCharacter,
    ImportedRecords,
    Role,
    character_call,
    character_import_call,
    embed_batch_call,
    embed_call,
    events_call,
    export_call,
    failure_of,
    file_call,
    get,
    import_call,
    import_get,
    length_of,
    operation_call,
    piece_call,
    project_call,
    project_import_call,
    thumbnail_call,
)


class Root:
    """Methods of the client itself."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def embed(
        self, text: str | None = None, *, image: Upload | None = None, url: str | None = None,
        tokens: list[int] | None = None, model: str | None = None, role: Role | None = None,
        dimensions: int | None = None, normalise: bool | None = None, truncate: bool | None = None,
        keep_alive: str | float | None = None,
    ) -> Embedded:
        """The vector of a text or of a picture: one of `text`, `image`, `url` and `tokens`."""
        fields = {"text": text, "url": url, "tokens": tokens, "model": model, "role": role, "dimensions": dimensions,
                  "normalise": normalise, "truncate": truncate, "keep_alive": keep_alive}
        return await self._client.run(embed_call(fields, image))

    async def embed_batch(
        self, inputs: list[str | dict[str, Any]], *, model: str | None = None, role: Role | None = None,
        dimensions: int | None = None, normalise: bool | None = None, truncate: bool | None = None,
        keep_alive: str | float | None = None,
    ) -> list[Embedded]:
        """The vectors of several inputs, in their order: texts, or objects with `text`, `image` (base64) or `url`."""
        fields = {"inputs": inputs, "model": model, "role": role, "dimensions": dimensions, "normalise": normalise,
                  "truncate": truncate, "keep_alive": keep_alive}
        batch = await self._client.run(embed_batch_call(fields))
        return batch.results


class JobsExtra:
    """Progress of jobs."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def events(self, job_id: str, *, since: int = 0, read_timeout: float = 60) -> AsyncIterator[JobEvent]:
        """A job's events after number `since`: those of the past, then live, until the job has ended.

        A connection that breaks is made again, and no event is lost or shown twice.
        """
        attempt = 1
        while True:
            try:
                reader = EventReader()
                async with self._client.stream(
                    events_call(job_id, since), read_timeout=read_timeout, headers={"Accept": "text/event-stream"}
                ) as answer:
                    async for line in answer.aiter_lines():
                        if event := reader.read(line):
                            since, attempt = event.number, 1
                            yield event
                            if event.is_final:
                                return
                job = await self._client.run(get("jobs.get", f"/jobs/{job_id}", models.Job))
                if job.status in FINAL:
                    return
                error: HearthError = ConnectionFailed("stream_ended", "The server has ended the stream.")
            except HearthError as failure:
                error = failure
            # The server is starting again, perhaps.
            pause = self._client.retry.pause(attempt, error, is_idempotent=True)
            if pause is None:
                raise error
            attempt += 1
            await self._client.sleep(pause)

    async def wait(
        self, job_id: str, *, timeout: float | None = None, on_event: Callable[[JobEvent], None] | None = None
    ) -> models.Job:
        """Waits until a job has completed.

        Raises `JobFailed` when it has failed, `TimedOut` after `timeout` seconds.
        """
        end = None if timeout is None else time.monotonic() + timeout
        # The server says every 15 seconds that it is there.
        async for event in self.events(job_id, read_timeout=60 if timeout is None else min(timeout, 60)):
            if on_event:
                on_event(event)
            if end is not None and time.monotonic() > end and not event.is_final:
                raise TimedOut("not_done", f"The job had not ended after {timeout:g} s.", allowed="It goes on.")
        job: models.Job = await self._client.run(get("jobs.get", f"/jobs/{job_id}", models.Job))
        if failure := failure_of(job):
            raise failure
        return job


class ProductsImportsExtra:
    """Imports whose file is sent in pieces."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def upload(
        self, file: Upload, *, format: Literal["jsonl", "csv", "zip"] | None = None, template: str | None = None,
        source_type: str | None = None, wait: bool | None = None, piece: int = PIECE,
        on_progress: Callable[[int, int | None], None] | None = None,
    ) -> models.ProductImport:
        """Sends a file of any size and starts its import.

        Only one piece is in memory. After a break it goes on behind the last piece that arrived; `on_progress` gets the
        bytes that have arrived and those of the file, when they are known.
        """
        begin: Call[models.ProductImport] = Call(
            "products.imports.begin", "POST", "/products/imports", models.ProductImport,
            body={"format": format, "template": template, "source_type": source_type})
        begun: models.ProductImport = await self._client.run(begin)
        total = length_of(file)
        with ExitStack() as opened:
            source = opened_file(file, opened)
            sent = 0
            while data := source[sent:sent + piece] if isinstance(source, bytes) else source.read(piece):
                await self._send(begun.import_id, data, sent)
                sent += len(data)
                if on_progress:
                    on_progress(sent, total)
        start: Call[models.ProductImport] = Call(
            "products.imports.start", "POST", "/products/imports/{import_id}/start", models.ProductImport,
            in_path={"import_id": begun.import_id}, body={"wait": wait}, is_idempotent=True)
        return await self._client.run(start)

    async def _send(self, import_id: str, data: bytes, offset: int) -> None:
        attempt = 1
        while True:
            try:
                await self._client.run(piece_call(import_id, data, offset))
                return
            except HearthError as error:
                pause = self._client.retry.pause(attempt, error, is_idempotent=True)
                if pause is None:
                    raise
            attempt += 1
            await self._client.sleep(pause)
            # The piece may have arrived before the connection broke.
            known = await self._client.run(import_get(import_id))
            if known.bytes == offset + len(data):
                return


class CollectionsExtra:
    """Records of a collection as a stream."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def export(
        self, collection: str, *, format: Literal["jsonl", "npy", "ids"] | None = None
    ) -> AsyncIterator[bytes]:
        """The records as a file, in pieces: JSON lines, or a matrix for numpy and its ids."""
        async with self._client.stream(export_call(collection, format)) as answer:
            async for piece in answer.aiter_bytes():
                yield piece

    async def export_records(self, collection: str) -> AsyncIterator[dict[str, Any]]:
        """The records one by one, with their vectors."""
        async with self._client.stream(export_call(collection, "jsonl")) as answer:
            async for line in answer.aiter_lines():
                if line:
                    yield json.loads(line)

    async def import_(
        self, collection: str, records: Records | bytes, *,
        format: Literal["jsonl", "npy"] | None = None, from_line: int | None = None, id_prefix: str | None = None,
    ) -> ImportedRecords:
        """Adds records one by one as they come, or a file of JSON lines or a numpy matrix."""
        content = records if isinstance(records, bytes) else lines_of(records)
        call = import_call(collection, format, from_line, id_prefix)
        async with self._client.stream(call, content=content, headers={"Content-Type": "application/jsonl"}) as answer:
            imported = json.loads(await answer.aread())
        return ImportedRecords(**{name: imported[name] for name in ImportedRecords.__annotations__ if name in imported})


class StudioProjectsExtra:
    """Projects as files."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def export(self, project: str) -> AsyncIterator[bytes]:
        """A project as a zip file, in pieces: pictures of characters, outputs, and the recipes beside them."""
        async with self._client.stream(project_call(project)) as answer:
            async for piece in answer.aiter_bytes():
                yield piece

    async def import_(self, file: Upload) -> str:
        """Adds the project of a zip file; the same file again adds nothing. The answer is the job that reads it."""
        with ExitStack() as opened:
            source = opened_file(file, opened)

            async def pieces() -> AsyncIterator[bytes]:
                if isinstance(source, bytes):
                    yield source
                else:
                    while data := source.read(PIECE):
                        yield data

            headers = {"Content-Type": "application/zip"}
            async with self._client.stream(project_import_call(), content=pieces(), headers=headers) as answer:
                job: str = json.loads(await answer.aread())["job_id"]
        return job


class StudioCharactersExtra:
    """Characters as files."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def export(self, character_id: str) -> AsyncIterator[bytes]:
        """A character as one file, in pieces: bible with its versions, pictures, vectors."""
        async with self._client.stream(character_call(character_id)) as answer:
            async for piece in answer.aiter_bytes():
                yield piece

    async def import_(
        self, file: Upload, *, project: str | None = None, name: str | None = None, handle: str | None = None
    ) -> ImportedCharacter:
        """Adds the character of a file to a project; the same file again adds nothing."""
        with ExitStack() as opened:
            source = opened_file(file, opened)

            async def pieces() -> AsyncIterator[bytes]:
                if isinstance(source, bytes):
                    yield source
                else:
                    while data := source.read(PIECE):
                        yield data

            call = character_import_call(project, name, handle)
            headers = {"Content-Type": "application/jsonl"}
            async with self._client.stream(call, content=pieces(), headers=headers) as answer:
                imported = json.loads(await answer.aread())
        return ImportedCharacter(
            **{name: imported[name] for name in ImportedCharacter.__annotations__ if name in imported})


class FilesExtra:
    """Pictures that were sent, and outputs."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def read(self, file_id: str, *, download: bool | None = None) -> bytes:
        """A stored picture or an output, by the identifier of its anchor, product picture or output."""
        return await self._client.run(file_call(file_id, download))

    async def thumbnail(self, file_id: str) -> bytes:
        """A small picture of an output, or of a frame of it."""
        return await self._client.run(thumbnail_call(file_id))


class SystemExtra:
    """How the server is."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def alive(self) -> dict[str, Any]:
        """That the process answers, and its version."""
        answer: dict[str, Any] = await self._client.run(get("system.alive", "/health", dict[str, Any]))
        return answer

    async def ready(self) -> dict[str, Any]:
        """Whether calls will be answered; raises `HearthError` while they will not."""
        answer: dict[str, Any] = await self._client.run(get("system.ready", "/ready", dict[str, Any]))
        return answer

    async def warm(self) -> dict[str, Any]:
        """Whether each model is where it should be; raises `HearthError` while one is not."""
        answer: dict[str, Any] = await self._client.run(get("health.warm", "/health/warm", dict[str, Any]))
        return answer

    async def metrics(self) -> str:
        """Figures in the form of Prometheus."""
        text: str = await self._client.run(get("system.metrics", "/metrics", str))
        return text

    async def openapi(self) -> dict[str, Any]:
        """The server's description of all routes."""
        document: dict[str, Any] = await self._client.run(get("system.openapi", "/openapi.json", dict[str, Any]))
        return document


class OperationsExtra:
    """Operations by their names."""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def list(self) -> list[dict[str, Any]]:
        """All operations, with what they take."""
        answer: list[dict[str, Any]] = await self._client.run(get("operations.list", "/api/operations", Any))
        return answer

    async def call(self, operation: str, **fields: Any) -> Any:
        """Calls an operation by its name; the answer is plain JSON."""
        return await self._client.run(operation_call(operation, fields))
