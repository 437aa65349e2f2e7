"""Whether an act is within a caller's scope: what it has to do with is looked up in the catalogue,
and `Scope.check` decides."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial

from server_agent.domain.access import Limit, Scope
from server_agent.domain.events import (
    BackupAction,
    Event,
    MigrationAction,
    RestoreAction,
    RestoreProofAction,
    VerifyAction,
)
from server_agent.domain.jobs import Job, JobKind
from server_agent.domain.media import usual_pool
from server_agent.ports import CatalogueView
from server_agent.service.changes import Changes


class About(Enum):
    """What kind of thing an act names."""

    CLIENT = auto()
    TASK = auto()
    TASK_NAME = auto()  # whether it is there or not, wherever it belongs
    GROUP = auto()
    POOL = auto()  # an empty name is the usual one
    SCHEDULE = auto()
    EVENT = auto()
    EVENT_ID = auto()
    JOB = auto()
    SAVESET = auto()
    MEDIUM = auto()


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing that an act names."""

    about: About
    name: str


@dataclass(frozen=True, slots=True)
class Act:
    """What a caller asks for.

    Attributes:
        concerns: what is there, or is to be made, by its name.
        events: that are to be made, or to become like this.
    """

    concerns: tuple[Concern, ...] = ()
    events: tuple[Event, ...] = ()


class Scoping:
    """Any thread may call it."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    def check(self, scope: Scope, act: Act) -> None:
        """Raises OutOfScope. What is not there is left to those who would act on it: they say that
        it is not."""
        with self._changes.read() as view:
            touched = _Touched(view)
            for concern in act.concerns:
                touched.take(concern)
            for event in act.events:
                touched.take_event(event)
        names = {limit: frozenset(found) for limit, found in touched.names.items()}
        scope.check(names, may_lack=touched.lacks_some)


class _Touched:
    """Names of each kind, gathered. `lacks_some`: something that was named is not there."""

    def __init__(self, view: CatalogueView) -> None:
        self._view = view
        self._seen: set[Concern] = set()
        self._pool_of = {medium.label: medium.pool for medium in view.media()}
        self.names: dict[Limit, set[str]] = {limit: set() for limit in Limit}
        self.lacks_some = False
        self._takers: Mapping[About, Callable[[str], None]] = {
            About.CLIENT: partial(self._add, Limit.CLIENT),
            About.TASK: self._task,
            About.TASK_NAME: partial(self._add, Limit.TASK),
            About.GROUP: self._group,
            About.POOL: self._pool,
            About.SCHEDULE: partial(self._add, Limit.SCHEDULE),
            About.EVENT: lambda name: self._found_event(view.event(name)),
            About.EVENT_ID: lambda name: self._found_event(view.event_by_id(name)),
            About.JOB: lambda name: self._job(view.job(name)),
            About.SAVESET: self._saveset,
            About.MEDIUM: self._medium,
        }

    def take(self, concern: Concern) -> None:
        if concern in self._seen:
            return
        self._seen.add(concern)
        self._takers[concern.about](concern.name)

    def take_event(self, event: Event) -> None:
        """An event touches what it starts, and the schedule that starts it."""
        self._add(Limit.SCHEDULE, event.schedule)
        if event.follow_up:
            self.take(Concern(About.EVENT, event.follow_up))
        match event.action:
            case BackupAction() as action:
                if action.group:
                    self.take(Concern(About.GROUP, action.group))
                else:
                    self._task(action.task)
                self._pool(action.pool)
            case RestoreAction() | VerifyAction() | RestoreProofAction():
                self._task(event.action.task)
            case MigrationAction() as action:
                self._pool(action.pool)
                if action.source_pool:
                    self._pool(action.source_pool)

    def _add(self, limit: Limit, name: str) -> None:
        if name:
            self.names[limit].add(name)

    def _task(self, name: str) -> None:
        self._add(Limit.TASK, name)
        task = self._view.task(name)
        if task is None:
            self.lacks_some = True
        else:
            self._add(Limit.CLIENT, task.client)

    def _group(self, name: str) -> None:
        group = self._view.group(name)
        if group is None:
            self.lacks_some = True
        for task in group.tasks if group is not None else ():
            self._task(task)

    def _pool(self, name: str) -> None:
        usual = usual_pool(self._view.pools())
        self._add(Limit.POOL, name or (usual.name if usual is not None else ""))

    def _medium(self, label: str) -> None:
        pool = self._pool_of.get(label)
        if pool is None:
            self.lacks_some = True
        else:
            self._add(Limit.POOL, pool)

    def _found_event(self, event: Event | None) -> None:
        if event is None:
            self.lacks_some = True
        else:
            self.take_event(event)

    def _saveset(self, name: str) -> None:
        saveset = self._view.saveset(name)
        if saveset is None:
            self.lacks_some = True
            return
        self._add(Limit.TASK, saveset.task)
        self._add(Limit.CLIENT, saveset.client)
        copies = self._view.copies([name]).get(name, ())
        for label in (saveset.label, *(copy.label for copy in copies)):
            self._add(Limit.POOL, self._pool_of.get(label, ""))

    def _job(self, job: Job | None) -> None:
        if job is None:
            self.lacks_some = True
            return
        self._add(Limit.TASK, job.task)
        self._add(Limit.CLIENT, job.client)
        self._add(Limit.CLIENT, job.target_client)
        if job.kind in (JobKind.BACKUP, JobKind.MIGRATION):
            self._pool(job.pool)
        event = self._view.event_by_id(job.event_id) if job.event_id else None
        if event is not None:
            self._add(Limit.SCHEDULE, event.schedule)
        named = [job.saveset] if job.saveset else []
        if job.kind is JobKind.MIGRATION:
            named += [path.decode("utf-8", "replace") for path in job.paths]
        for name in named:
            # That of a backup which runs is not there yet, and others may have gone since.
            if self._view.saveset(name) is not None:
                self._saveset(name)
