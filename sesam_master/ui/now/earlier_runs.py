"""The earlier runs of tasks, asked of their locations when somebody looks at a running job."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from PySide6.QtCore import QObject, Signal

from sesam_master.core.gateway import FleetGateway, JobPage, JobQuery
from sesam_master.core.now import OpenJob, Runs
from sesam_master.core.now_estimate import Doubt, earlier_runs
from sesam_master.core.records import BackupType, Job, JobKind
from sesam_master.core.states import JobState
from sesam_master.ui.bridge import Bridge

MOST_TASKS = 2000
ASK_AGAIN = timedelta(seconds=30)
TaskKey = tuple[str, str]


@dataclass(slots=True)
class _Known:
    """Of one task; `runs` None while it was not answered, `failed` when it was not."""

    runs: dict[BackupType, Runs] | None = None
    failed: datetime | None = None
    jobs: set[tuple[str, str]] = field(default_factory=set)  # that want to know


class EarlierRuns(QObject):
    """Asks once per task, until a job of it ends. `told` carries the keys of jobs."""

    told = Signal(object)

    def __init__(
        self,
        bridge: Bridge,
        gateway: FleetGateway,
        clock: Callable[[], datetime],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._gateway = gateway
        self._clock = clock
        self._known: dict[TaskKey, _Known] = {}
        self._asked = 0

    @property
    def is_asking(self) -> bool:
        """Somebody has not answered yet."""
        return self._asked > 0

    def of(self, job: Job) -> Runs:
        """What is known now; asks nobody."""
        known = self._known.get((job.location_id, job.task))
        if known is None or job.type is None:
            return Doubt.ASKING
        if known.runs is None:
            return Doubt.NO_ANSWER if known.failed else Doubt.ASKING
        return known.runs[job.type]

    def want(self, jobs: Iterable[OpenJob]) -> None:
        """These are looked at: ask for what is not known of them."""
        for one in jobs:
            is_wanted = one.job.kind is JobKind.BACKUP and one.job.state is JobState.ACTIVE
            if not one.is_live or not is_wanted:
                continue
            key = (one.job.location_id, one.job.task)
            known = self._known.get(key)
            is_over = known and known.failed and self._clock() - known.failed >= ASK_AGAIN
            if known is None or is_over:
                self._ask(key)
            self._known[key].jobs.add(one.key)

    def forget(self, jobs: Iterable[Job]) -> None:
        """These have ended: there is one more run to go by."""
        for job in jobs:
            self._known.pop((job.location_id, job.task), None)

    def _ask(self, key: TaskKey) -> None:
        if len(self._known) >= MOST_TASKS:
            del self._known[next(iter(self._known))]
        known = self._known[key] = _Known(jobs=set())
        location_id, task = key

        def done(page: JobPage) -> None:
            self._asked -= 1
            known.runs = {kind: earlier_runs(page.jobs, task, kind) for kind in BackupType}
            self.told.emit(known.jobs)

        def failed(_error: Exception) -> None:
            self._asked -= 1
            known.failed = self._clock()
            self.told.emit(known.jobs)

        query = JobQuery(
            states=frozenset({JobState.OK, JobState.WARNING}),
            kinds=frozenset({JobKind.BACKUP}),
            task=task,
        )
        self._asked += 1
        question = self._gateway.jobs(location_id, query, "", with_counts=False)
        self._bridge.ask(question, self, done, failed)
