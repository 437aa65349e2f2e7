"""Starts again what failed: the same task, the same backup type."""

from collections.abc import Coroutine, Sequence
from typing import Any

from sesam_master.core.acts import MANY_ITEMS, Act, Made, unsent
from sesam_master.core.fleet import LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import BackupType, Job, JobKind
from sesam_master.core.start import BackupOrder, StartObject
from sesam_master.ui.acts.strip import listed_places
from sesam_master.ui.results.actions import RESTARTABLE, start_reason


class Restarting:
    """Implements strip.AskedDeed. What runs at one location only is started without a question."""

    leave = "Start nothing"
    name = "Restart"
    is_followed = True

    def __init__(self, gateway: FleetGateway) -> None:
        self._gateway = gateway

    def prepared(self, job: Job, place: LocationState | None) -> Act[Job]:
        return unsent(job, place, restart_reason(job, place), (job,))

    def send(self, job: Job, request_id: str) -> Coroutine[Any, Any, Made]:
        what = StartObject(job.location_id, job.task)
        return self._gateway.order_backup(BackupOrder(what, restart_type(job)), request_id)

    def doing(self, job: Job) -> str:
        return f"restart {job.task}"

    def is_asked_for(self, acts: Sequence[Act[Job]]) -> bool:
        return len(acts) > MANY_ITEMS or len({act.item.location_id for act in acts}) > 1

    def question(self, acts: Sequence[Act[Job]]) -> str:
        return f"{self.verb(acts)} at {listed_places(acts)}?"

    def consequence(self, _acts: Sequence[Act[Job]]) -> str:
        return "Each task is started once, now, with the backup type of its failed run."

    def verb(self, acts: Sequence[Act[Job]]) -> str:
        return f"Restart {acts[0].item.task if len(acts) == 1 else f'{len(acts)} backups'}"

    def noun(self, _acts: Sequence[Act[Job]]) -> str:
        return "backups"


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
