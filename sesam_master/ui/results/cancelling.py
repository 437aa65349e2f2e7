"""Cancels jobs: what is asked before, and what is lost."""

from collections.abc import Coroutine, Sequence
from typing import Any

from sesam_master.core.fleet import LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import Job, JobKind
from sesam_master.core.states import JobState
from sesam_master.ui.results.acting import Act, listed_places


class Cancelling:
    """Implements acting.Deed. A single job that waits in the queue is cancelled at once: nothing is
    lost with it."""

    leave = "Keep running"
    name = "Cancel"
    is_followed = False

    def __init__(self, gateway: FleetGateway) -> None:
        self._gateway = gateway

    def send(self, job: Job) -> Coroutine[Any, Any, Job]:
        return self._gateway.cancel_job(*job.key)

    def doing(self, job: Job) -> str:
        return f"cancel {job.task}"

    def hindrance(self, _job: Job, _place: LocationState | None) -> str | None:
        """The location answers why it does not."""
        return None

    def is_over(self, job: Job) -> bool:
        return not job.is_open

    def is_asked_for(self, acts: Sequence[Act]) -> bool:
        return len(acts) != 1 or acts[0].job.state is not JobState.QUEUED

    def question(self, acts: Sequence[Act]) -> str:
        if len(acts) == 1:
            kind = "the restore of " if acts[0].job.kind is JobKind.RESTORE else ""
            return f"Cancel {kind}{acts[0].job.task} at {acts[0].location}?"
        return f"Cancel {len(acts)} backups at {listed_places(acts)}?"

    def consequence(self, acts: Sequence[Act]) -> str:
        if acts[0].job.kind is JobKind.RESTORE:
            return "What is restored so far stays; the rest is not restored. It cannot be undone."
        return (
            "What was saved so far is lost: a cancelled backup leaves no saveset. "
            "It cannot be undone."
        )

    def verb(self, acts: Sequence[Act]) -> str:
        if len(acts) > 1:
            return f"Cancel {len(acts)} backups"
        return "Cancel restore" if acts[0].job.kind is JobKind.RESTORE else "Cancel backup"
