"""Starts again what failed: the same task, the same backup type."""

from collections.abc import Coroutine, Sequence
from typing import Any

from sesam_master.core.fleet import LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import BackupType, Job, JobKind
from sesam_master.ui.results.acting import Act, listed_places
from sesam_master.ui.results.actions import RESTARTABLE, start_reason

MANY_JOBS = 20  # more are asked about, also at a single location


class Restarting:
    """Implements acting.Deed. What runs at one location only is started without a question."""

    leave = "Start nothing"
    name = "Restart"
    is_followed = True

    def __init__(self, gateway: FleetGateway) -> None:
        self._gateway = gateway

    def send(self, job: Job) -> Coroutine[Any, Any, Job]:
        return self._gateway.start_backup(job.location_id, job.task, restart_type(job))

    def doing(self, job: Job) -> str:
        return f"restart {job.task}"

    def hindrance(self, job: Job, place: LocationState | None) -> str | None:
        return restart_reason(job, place)

    def is_over(self, _job: Job) -> bool:
        return False

    def is_asked_for(self, acts: Sequence[Act]) -> bool:
        return len(acts) > MANY_JOBS or len({act.job.location_id for act in acts}) > 1

    def question(self, acts: Sequence[Act]) -> str:
        return f"Restart {_backups(acts)} at {listed_places(acts)}?"

    def consequence(self, _acts: Sequence[Act]) -> str:
        return "Each task is started once, now, with the backup type of its failed run."

    def verb(self, acts: Sequence[Act]) -> str:
        return f"Restart {_backups(acts)}"


def restart_type(job: Job) -> BackupType:
    """What was asked for then."""
    return job.requested_type or job.type or BackupType.INC


def restart_reason(job: Job, place: LocationState | None) -> str | None:
    """Why a job cannot be started again."""
    if job.kind is not JobKind.BACKUP:
        return "Only backups can be restarted."
    if job.state not in RESTARTABLE:
        return "It did not fail: start the task instead."
    return start_reason(place, job.task)


def to_restart(jobs: Sequence[Job]) -> list[Job]:
    """Those that failed, of each task the newest."""
    newest: dict[tuple[str, str], Job] = {}
    for job in jobs:
        if job.state in RESTARTABLE and job.kind is JobKind.BACKUP:
            key = (job.location_id, job.task)
            before = newest.get(key)
            if before is None or before.create_time < job.create_time:
                newest[key] = job
    return list(newest.values())


def _backups(acts: Sequence[Act]) -> str:
    return acts[0].job.task if len(acts) == 1 else f"{len(acts)} backups"
