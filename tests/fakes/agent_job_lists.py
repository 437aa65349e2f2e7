"""How the fake agent sorts, narrows and sums up a list of jobs."""

from collections import Counter
from collections.abc import Callable, Iterable
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
        and (not wanted.HasField("group") or wanted.group == job.group)
        and (not wanted.first_sesam_day or job.sesam_day >= wanted.first_sesam_day)
        and (not wanted.last_sesam_day or job.sesam_day <= wanted.last_sesam_day)
        and any(
            text in part.casefold()
            for part in (job.task, job.client, job.event, job.group)
            + ((job.saveset, job.message) if len(text) > 2 else ())
        )
    )


_LETTERS = {
    jobs.BACKUP_TYPE_FULL: "F",
    jobs.BACKUP_TYPE_DIFF: "D",
    jobs.BACKUP_TYPE_INC: "I",
    jobs.BACKUP_TYPE_COPY: "C",
}
NAMES: dict[int, Callable[[Any], str]] = {
    jobs.JOB_GROUPING_TASK: lambda job: job.task,
    jobs.JOB_GROUPING_CLIENT: lambda job: job.client,
    jobs.JOB_GROUPING_TASK_GROUP: lambda job: job.group,
    jobs.JOB_GROUPING_TYPE: lambda job: _LETTERS.get(job.type or job.requested_type, ""),
    jobs.JOB_GROUPING_LOCATION: lambda job: "",
}


def groups_of(known: Iterable[Any], request: Any) -> list[Any]:
    """The groups that the request asks for, in its order."""
    wanted = request.filter
    members: dict[str, list[Any]] = {}
    for job in known:
        if meets(job, wanted):
            members.setdefault(NAMES[request.group_by](job), []).append(job)
    rows = []
    key, _, direction = (request.order_by or "name").partition(" ")
    for name, found in members.items():
        here = [job for job in found if not wanted.states or job.state in wanted.states]
        if not here:
            continue
        newest = max(here, key=lambda job: int(job.job_id))
        counts = Counter(job.state for job in found)
        value = {
            "name": name,
            "newest": int(newest.job_id),
            "severity": max(_SEVERITY.index(job.state) for job in here),
            "jobs": len(here),
        }[key]
        states = [jobs.StateCount(state=state, count=count) for state, count in counts.items()]
        group = jobs.JobGroup(
            name=name,
            state_counts=states,
            newest_job_id=newest.job_id,
            newest_state=newest.state,
            newest_time=newest.create_time,
        )
        rows.append((value, name, group))
    rows.sort(key=lambda row: row[:2], reverse=direction == "desc")
    return [row[2] for row in rows]
