"""Operations of `jobs`.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from __future__ import annotations

from typing import List, Literal

from .. import models
from .._call import Call
from .._extra import JobsExtra
from .._sync_send import Sender


class Jobs(JobsExtra):
    """`jobs`"""

    def __init__(self, client: Sender) -> None:
        super().__init__(client)

    def list(
        self, *, status: Literal["pending", "in_progress", "completed", "failed", "cancelled"] | None = None, kind:
        str | None = None, upkeep: bool | None = None, cursor: str | None = None, limit: int | None = None,
    ) -> models.Page[models.Job]:
        """List the jobs, newest first.

        Answers a page; pass its `next_cursor` as `cursor` to get the next one.

        status: Only jobs in this state.
        kind: Only jobs of this operation.
        upkeep: `false` leaves out the jobs that the server makes by its schedule.
        cursor: `next_cursor` of the page before; absent for the first page.
        limit: Entries of a page; 50 when absent.
        """
        return self._client.run(Call(
            "jobs.list", "GET", "/jobs", models.Page[models.Job],
            query={"status": status, "kind": kind, "upkeep": upkeep, "cursor": cursor, "limit": limit},
            is_idempotent=True))

    def get(self, job_id: str) -> models.Job:
        """Show one job.

        Answers the job's state, progress, result or error. `GET /jobs/{job_id}/events` and `/ws/{job_id}` show its
        progress live.

        job_id: Identifier of a job.
        """
        return self._client.run(Call(
            "jobs.get", "GET", "/jobs/{job_id}", models.Job,
            in_path={"job_id": job_id},
            is_idempotent=True))

    def cancel(self, job_id: str) -> models.Job:
        """Cancel a job; one that has ended stays as it is.

        A job that is running stops at once and its result is dropped. Answers the job as it is now. It needs the
        permission that starting the job needs.

        job_id: Identifier of a job.
        """
        return self._client.run(Call(
            "jobs.cancel", "POST", "/jobs/{job_id}/cancel", models.Job,
            in_path={"job_id": job_id},
            body={},
            is_idempotent=True))

    def retry(self, job_id: str) -> models.Job:
        """Run a failed or cancelled job again with the same input.

        The job keeps its identifier and its input and becomes pending again. One that has not ended is refused with
        `conflict`. It needs the permission that starting the job needs.

        job_id: Identifier of a job.
        """
        return self._client.run(Call(
            "jobs.retry", "POST", "/jobs/{job_id}/retry", models.Job,
            in_path={"job_id": job_id},
            body={},
            is_idempotent=False))
