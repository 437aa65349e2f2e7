"""Cancels jobs: what is asked before, and what is lost."""

from collections.abc import Sequence

from sesam_master.core.acts import Act, Made, unsent
from sesam_master.core.fleet import LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import Job, JobKind
from sesam_master.core.states import JobState
from sesam_master.ui.acts.strip import listed_places

_NOUNS = {
    JobKind.BACKUP: "backup",
    JobKind.RESTORE: "restore",
    JobKind.VERIFY: "verification",
    JobKind.RESTORE_PROOF: "restore proof",
    JobKind.MIGRATION: "migration",
}
_OF: dict[JobKind, str] = {
    kind: f"the {noun} of " for kind, noun in _NOUNS.items() if kind is not JobKind.BACKUP
}


class Cancelling:
    """Implements strip.AskedDeed. A single job that waits in the queue is cancelled at once:
    nothing is lost with it."""

    leave = "Keep running"
    name = "Cancel"
    is_followed = False

    def __init__(self, gateway: FleetGateway) -> None:
        self._gateway = gateway

    def prepared(self, job: Job, place: LocationState | None) -> Act[Job] | None:
        """The location answers why it does not."""
        known = place.picture.jobs.get(job.id) if place and place.picture else None
        newest = known or job
        return unsent(newest, place, None, (newest,)) if newest.is_open else None

    async def send(self, job: Job, request_id: str) -> Made:
        return Made((await self._gateway.cancel_job(*job.key, request_id),))

    def doing(self, job: Job) -> str:
        return f"cancel {job.name}"

    def is_asked_for(self, acts: Sequence[Act[Job]]) -> bool:
        return len(acts) != 1 or acts[0].item.state is not JobState.QUEUED

    def question(self, acts: Sequence[Act[Job]]) -> str:
        if len(acts) > 1:
            return f"Cancel {len(acts)} {self.noun(acts)} at {listed_places(acts)}?"
        kind = _OF.get(acts[0].item.kind, "")
        return f"Cancel {kind}{acts[0].item.name} at {acts[0].location}?"

    def consequence(self, acts: Sequence[Act[Job]]) -> str:
        kinds = {act.item.kind for act in acts}
        if kinds == {JobKind.RESTORE}:
            what = "What is restored so far stays; the rest is not restored."
        elif kinds == {JobKind.VERIFY}:
            what = "The savesets stay as they are; what was not compared so far is not known."
        elif kinds == {JobKind.BACKUP}:
            what = "What was saved so far is lost: a cancelled backup leaves no saveset."
        elif JobKind.BACKUP in kinds:
            what = "Cancelled backups leave no saveset; what the others did so far stays."
        else:
            what = "What was done so far stays."
        return f"{what} It cannot be undone."

    def verb(self, acts: Sequence[Act[Job]]) -> str:
        if len(acts) > 1:
            return f"Cancel {len(acts)} {self.noun(acts)}"
        return f"Cancel {_NOUNS.get(acts[0].item.kind, acts[0].item.name)}"

    def noun(self, acts: Sequence[Act[Job]]) -> str:
        return "backups" if all(act.item.kind is JobKind.BACKUP for act in acts) else "jobs"
