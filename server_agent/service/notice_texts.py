"""What sm_notify and sm_alarm are told, in words: a headline, and below it the details."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from server_agent.domain.interfaces import Module
from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.domain.media_requests import MediaRequest
from server_agent.domain.quoting import printable
from server_agent.service.day_report import STATE_COLUMNS, DayReport

LARGEST_TEXT = 64_000  # bytes; an argument may have twice as many

MODULES: Mapping[JobKind, Module] = {
    JobKind.BACKUP: Module.BACKUP,
    JobKind.RESTORE: Module.RESTORE,
    JobKind.NEWDAY: Module.NEWDAY,
    JobKind.VERIFY: Module.VERIFY,
    JobKind.MIGRATION: Module.MIGRATION,
    JobKind.RESTORE_PROOF: Module.VERIFY,
}
_WHAT = {
    JobKind.BACKUP: "Backup of",
    JobKind.RESTORE: "Restore of",
    JobKind.VERIFY: "Verify of",
    JobKind.RESTORE_PROOF: "Restore proof of",
}
_WORDS = {
    JobState.OK: "ok",
    JobState.WARNING: "with a warning",
    JobState.ERROR: "failed",
    JobState.BROKEN: "broken",
    JobState.CANCELLED: "cancelled",
}


def went_well(job: Job) -> bool:
    """Whether an ended job did what it should: with a warning there is a result all the same."""
    return job.state in (JobState.OK, JobState.WARNING)


def job_text(job: Job) -> str:
    """A job that has ended."""
    lines = [f"{_about(job)}: {_WORDS[job.state]}"]
    if job.message:
        lines.append(job.message)
    if job.kind is JobKind.BACKUP and job.saveset:
        made = job.type.name if job.type is not None else "saveset"
        lines.append(f"{made} {job.saveset}, {job.stored_bytes} bytes on the medium")
    if job.kind in (JobKind.BACKUP, JobKind.RESTORE) and went_well(job):
        lines.append(f"{job.files} files, {job.bytes_done} bytes, {job.skipped} not whole")
    lines.append(f"Job {job.id}, sesam day {job.sesam_day}")
    return _fitting(lines)


def group_text(members: Sequence[Job]) -> str:
    """A backup group whose last backup has ended."""
    counts = Counter(job.state for job in members)
    told = ", ".join(f"{counts[state]} {word}" for state, word in _WORDS.items() if counts[state])
    lines = (_line(job.state.value, job.task, job.client, job.message) for job in members)
    return _fitting([f"Backup group {members[0].group}: {told}", *lines])


def medium_text(request: MediaRequest, jobs: Sequence[Job], why: str = "") -> str:
    """A medium that somebody has to put in. `why`: it cannot be used as it is."""
    new = "new " if request.is_new else ""
    store = request.store
    return _fitting(
        [
            f"Wanted: the {new}medium {request.label} in the data store {store.name}",
            f"Put it into {printable(store.path)}, and the jobs go on by themselves; or answer:",
            f"sm_cmd answer {request.label} refused",
            *([why] if why else []),
            *(f"Job {job.id}: {_about(job)}" for job in jobs),
        ]
    )


def day_text(report: DayReport) -> str:
    """A sesam day that was closed."""
    rows = (dict(zip(STATE_COLUMNS, row.split("\t"), strict=False)) for row in report.states[1:])
    lines = (
        _line(row["state"], f"{row['kind']} {row['name']}", row["client"], row["message"])
        for row in rows
    )
    return _fitting([f"Sesam day {report.day}: {report.summed_up}", *lines])


def _about(job: Job) -> str:
    if job.kind is JobKind.NEWDAY:
        return "NEWDAY"
    if job.kind is JobKind.MIGRATION:
        return f"Migration to pool {job.pool}"
    what = _WHAT[job.kind]
    to = f", to client {job.target_client}" if job.target_client else ""
    return f"{what} task {job.task}, client {job.client}{to}"


def _line(state: str, name: str, client: str, message: str) -> str:
    of_client = f" ({client})" if client else ""
    return f"{state} {name}{of_client}{': ' if message else ''}{message}"


def _fitting(lines: Iterable[str]) -> str:
    """As many of the lines as a call can take."""
    kept: list[str] = []
    size = left_out = 0
    for line in lines:
        size += len(line.encode("utf-8", "surrogateescape")) + 1
        if size <= LARGEST_TEXT:
            kept.append(line)
        else:
            left_out += 1
    if left_out:
        kept.append(f"... and {left_out} more")
    return "\n".join(kept)
