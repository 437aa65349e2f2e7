"""Cancels whatever is open: backups and restores as everywhere, and commands and NEWDAY."""

from collections.abc import Sequence

from sesam_master.core.records import Job, JobKind
from sesam_master.ui.results.acting import Act, listed_places
from sesam_master.ui.results.cancelling import Cancelling

_OTHERS = frozenset({JobKind.COMMAND, JobKind.NEWDAY})


class CancellingAny(Cancelling):
    """Implements acting.Deed."""

    def doing(self, job: Job) -> str:
        return f"cancel {job.name}"

    def question(self, acts: Sequence[Act]) -> str:
        if not _has_others(acts):
            return super().question(acts)
        what = acts[0].job.name if len(acts) == 1 else f"{len(acts)} jobs"
        return f"Cancel {what} at {listed_places(acts)}?"

    def consequence(self, acts: Sequence[Act]) -> str:
        if not _has_others(acts):
            return super().consequence(acts)
        if any(act.job.kind is JobKind.BACKUP for act in acts):
            return (
                "Cancelled backups leave no saveset; what commands did so far stays. "
                "It cannot be undone."
            )
        return "What was done so far stays. It cannot be undone."

    def verb(self, acts: Sequence[Act]) -> str:
        if not _has_others(acts):
            return super().verb(acts)
        return f"Cancel {acts[0].job.name}" if len(acts) == 1 else f"Cancel {len(acts)} jobs"


def _has_others(acts: Sequence[Act]) -> bool:
    return any(act.job.kind in _OTHERS for act in acts)
