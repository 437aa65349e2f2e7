"""Waiting for a job in the foreground."""

import sys
import threading
from collections.abc import Iterator
from queue import SimpleQueue

from server_agent.commands.answer import CommandError
from sesam_api.errors import SesamError
from sesam_api.location import Location
from sesam_api.records import Job


def usable_end(location: Location, job: Job, command: str) -> Job:
    """The job after its end, if it has a usable result. A warning is said on stderr, and so is
    what holds the job up before.

    Args:
        command: begins the commands that are advised.

    Raises:
        CommandError: the job ended without a result, or is a restore that lacks files, or its end
            is not known; after Ctrl-C it goes on.
    """
    look = f"{command} show job {job.id}"
    try:
        held = ""
        for now in _watched(location, job):
            if now.is_open and now.message not in ("", held):
                held = now.message
                _show_progress("")
                print(f"Job {now.id} is {now.state}: {held}", file=sys.stderr)
            _show_progress(_progress(now))
    except KeyboardInterrupt:
        raise CommandError(
            f"Stopped waiting. Job {job.id} goes on. See it with: {look}. "
            f"Stop it with: {command} cancel {job.id}"
        ) from None
    except SesamError as error:
        raise CommandError(f"{error} Job {job.id} was started. See it with: {look}") from error
    finally:
        _show_progress("")
    if now.kind == "restore" and now.skipped:
        # A backup has its saveset; what a script asked to have back is not all there.
        raise CommandError(
            f"Job {now.id} ended with state {now.state}: {now.skipped} of "
            f"{now.files + now.skipped} files were not restored whole, see {command} show protocol "
            f"{now.id}"
        )
    if not now.is_usable:
        raise CommandError(
            f"Job {now.id} ended with state {now.state}: {now.message or 'no message'}"
        )
    if now.state != "ok":
        print(
            f"Job {now.id} ended with state {now.state}: {now.message}\n"
            f"See its protocol with: {command} show protocol {now.id}",
            file=sys.stderr,
        )
    return now


def _watched(location: Location, job: Job) -> Iterator[Job]:
    """As `watch_job`, read in a thread of its own: Ctrl-C in the middle of a gRPC call would leave
    the call open for ever, and its channel could not be closed."""
    seen: SimpleQueue[Job | Exception | None] = SimpleQueue()

    def read() -> None:
        try:
            for now in location.watch_job(job):
                seen.put(now)
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            seen.put(error)
        finally:
            seen.put(None)

    threading.Thread(target=read, daemon=True).start()
    while (now := seen.get()) is not None:
        if isinstance(now, Exception):
            raise now
        yield now


def _progress(job: Job) -> str:
    """How far the job is; empty when it has ended."""
    if job.progress is None:
        return f"job {job.id}: {job.state}" if job.is_open else ""
    done = job.progress
    total = "?" if done.bytes_total is None else f"{done.bytes_total:,}"
    return f"{done.phase}: {done.files_done:,} files, {done.bytes_done:,} of {total} bytes"


def _show_progress(line: str) -> None:
    """One line that is written over, on a terminal only."""
    if sys.stderr is not None and sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
