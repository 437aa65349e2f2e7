"""How far a migration is, and what is said of it."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from server_agent.domain.jobs import JobState, Progress
from server_agent.ports import CatalogueView
from server_agent.service.control import JobControl
from server_agent.service.fates import in_use
from server_agent.service.plan import Outcome, Plan, first_few
from server_agent.service.protocol import JobProtocol
from server_agent.service.writing_place import WritingPlace


@dataclass(slots=True)
class MigrationRun:
    """One migration, as far as it is.

    Attributes:
        wanted: the savesets that it is about; what they build on is only copied.
        failed: why savesets could not be copied, by name.
        staying: sentences about what was not given up.
        warned: what the engine said that somebody should know.
    """

    plan: Plan
    place: WritingPlace
    source_pool: str
    wanted: frozenset[str]
    control: JobControl
    protocol: JobProtocol
    copied: int = 0
    moved: int = 0
    were_there: int = 0
    stored_bytes: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    staying: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    told_staying: int = 0
    told: datetime | None = None
    _busy: frozenset[str] = frozenset()
    _busy_for: list[tuple[str, JobState, str, int]] = field(default_factory=list)

    @property
    def label(self) -> str:
        return self.place.medium.label

    def is_in_use(self, view: CatalogueView, saveset: str) -> bool:
        """Whether another job works with it. Found out once for all savesets, and again when other
        jobs are open: there may be tens of thousands."""
        jobs = [(job.id, job.state, job.saveset, len(job.paths)) for job in view.open_jobs()]
        if jobs != self._busy_for:
            self._busy, self._busy_for = in_use(view, but=self.plan.job.id), jobs
        return saveset in self._busy


def progress_of(run: MigrationRun, event: Progress) -> Progress:
    """How far the whole migration is; how much is still to come nobody has added up."""
    done = run.stored_bytes + event.bytes_done
    return replace(
        event,
        files_done=run.copied,
        files_total=None,
        bytes_done=done,
        bytes_total=None,
        stored_bytes=done,
        current=event.current,
    )


def savesets_text(count: int) -> str:
    return "1 saveset" if count == 1 else f"{count} savesets"


def done_text(run: MigrationRun) -> str:
    said = f"{savesets_text(run.copied)} copied to {run.label}"
    if run.plan.job.move:
        said += f", {run.moved} given up where they were"
    return f"{said}, {run.were_there} lay there before" if run.were_there else said


def outcome_of(run: MigrationRun, state: JobState, code: str, last: str) -> Outcome:
    failed = [f"{name} is not copied: {why}" for name, why in run.failed.items()]
    notes = (*first_few(run.staying), *first_few(run.warned))
    said = [done_text(run), *first_few(failed), *notes, last]
    if state in (JobState.ERROR, JobState.CANCELLED):  # why it is that comes first
        said = [last, *first_few(failed), *notes, done_text(run)]
    return Outcome(
        state,
        code,
        "; ".join(part.rstrip(".") for part in said if part),
        files=run.copied,
        bytes_done=run.stored_bytes,
        stored_bytes=run.stored_bytes,
        skipped=len(run.failed),
    )
