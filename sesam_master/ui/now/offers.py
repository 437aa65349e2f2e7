"""What can be done with an open job, and why not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sesam_master.core.fleet import LocationState
from sesam_master.core.now import OpenJob
from sesam_master.core.records import Job, JobKind
from sesam_master.ui.results.actions import Offer, cancel_reason, possible, start_reason


@dataclass(frozen=True, slots=True)
class NowVerbs:
    """What the page calls: `start_backup` with (location id, task) of many, `open_job` with
    location id and job id."""

    start_backup: Callable[[list[tuple[str, str]]], None]
    open_job: Callable[[str, str], None]


def job_offers(
    jobs: Sequence[OpenJob],
    location: Callable[[str], LocationState | None],
    verbs: NowVerbs,
    cancel: Callable[[Sequence[Job]], None],
    copy: Callable[[], None],
) -> list[Offer]:
    """For one or more chosen jobs; the main ones are buttons on a row too."""
    can_cancel, no_cancel = possible(
        [one.job for one in jobs], lambda job: cancel_reason(location(job.location_id), job)
    )
    tasks = list(
        dict.fromkeys((o.job.location_id, o.job.task) for o in jobs if o.job.kind is JobKind.BACKUP)
    )
    _, no_start = possible(tasks, lambda task: start_reason(location(task[0]), task[1]))
    first = jobs[0].job
    many = f" {len(can_cancel)} jobs" if len(can_cancel) > 1 else ""
    return [
        Offer("protocol", "Protocol", "scroll-text", None, lambda: verbs.open_job(*first.key)),
        Offer(
            "cancel",
            f"Cancel{many}",
            "circle-stop",
            no_cancel,
            lambda: cancel(can_cancel),
            is_main=bool(can_cancel),
        ),
        Offer(
            "start",
            "Start backup",
            "play",
            no_start if tasks else "Only backups can be started here.",
            lambda: verbs.start_backup(tasks),
            is_main=False,
        ),
        Offer("copy", "Copy rows", "copy", None, copy, is_main=False),
    ]
