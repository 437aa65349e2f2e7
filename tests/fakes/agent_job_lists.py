"""How the fake agent sorts and narrows a list of jobs."""

from collections.abc import Callable
from typing import Any

from sesam_api.v1 import jobs_pb2 as jobs

_SEVERITY = (  # the worst last, so that "desc" begins with it
    jobs.JOB_STATE_OK,
    jobs.JOB_STATE_QUEUED,
    jobs.JOB_STATE_ACTIVE,
    jobs.JOB_STATE_CANCELLED,
    jobs.JOB_STATE_WARNING,
    jobs.JOB_STATE_ERROR,
    jobs.JOB_STATE_BROKEN,
)
ORDERS: dict[str, Callable[[Any], Any]] = {
    "create_time": lambda job: job.create_time.ToNanoseconds(),
    "task": lambda job: job.task,
    "client": lambda job: job.client,
    "state": lambda job: job.state,
    "severity": lambda job: _SEVERITY.index(job.state),
    "bytes": lambda job: job.bytes,
    "duration": lambda job: (
        job.end_time.ToNanoseconds() - job.start_time.ToNanoseconds()
        if job.HasField("start_time") and job.HasField("end_time")
        else -1
    ),
}


def meets(job: Any, wanted: Any) -> bool:
    """All but the states, under which is counted."""
    text = wanted.text.casefold()
    return (
        (not wanted.kinds or job.kind in wanted.kinds)
        and wanted.task in ("", job.task)
        and wanted.client in ("", job.client)
        and (not wanted.first_sesam_day or job.sesam_day >= wanted.first_sesam_day)
        and (not wanted.last_sesam_day or job.sesam_day <= wanted.last_sesam_day)
        and any(
            text in part.casefold() for part in (job.task, job.client, job.saveset, job.message)
        )
    )
