"""Waiting for a job in the foreground."""

import sys

from server_agent.commands.answer import CommandError, Interrupted
from sesam_api.errors import SesamError
from sesam_api.location import Location
from sesam_api.records import Job


def usable_end(location: Location, job: Job) -> Job:
    """The job after its end, if it has a usable result. A warning is said on stderr.

    Raises:
        CommandError: the job ended without a result, or its end is not known.
        Interrupted: Ctrl-C; the job goes on.
    """
    look = f"sm_cmd show job {job.id}"
    try:
        for now in location.watch_job(job):
            _show_progress(now)
    except KeyboardInterrupt:
        raise Interrupted(
            f"Stopped waiting. Job {job.id} goes on. See it with: {look}; "
            f"stop it with: sm_cmd cancel {job.id}"
        ) from None
    except SesamError as error:
        raise CommandError(f"{error} Job {job.id} was started. See it with: {look}") from error
    if not now.is_usable:
        raise CommandError(
            f"Job {now.id} ended with state {now.state}: {now.message or 'no message'}"
        )
    if now.state != "ok":
        print(
            f"Job {now.id} ended with state {now.state}: {now.message}\n"
            f"See its protocol with: sm_cmd show protocol {now.id}",
            file=sys.stderr,
        )
    return now


def _show_progress(job: Job) -> None:
    """One line that is written over, on a terminal only."""
    if not sys.stderr.isatty():
        return
    line = ""
    if job.progress is not None:
        done = job.progress
        total = "?" if done.bytes_total is None else f"{done.bytes_total:,}"
        line = f"{done.phase}: {done.files_done:,} files, {done.bytes_done:,} of {total} bytes"
    elif job.is_open:
        line = f"job {job.id}: {job.state}"
    print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
