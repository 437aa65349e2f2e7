"""What the location knows."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from server_agent.domain.access import Credential, Token
from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.domain.savesets import Saveset
from server_agent.domain.topology import Client, Task
from server_agent.ports.access import AccessTransaction, AccessView
from server_agent.ports.history import HistoryTransaction, HistoryView
from server_agent.ports.licence import LicenceTransaction, LicenceView
from server_agent.ports.media import MediaTransaction, MediaView
from server_agent.ports.planning import PlanningTransaction, PlanningView

Item = TypeVar("Item")


class ObjectKind(StrEnum):
    """What can change and is watched."""

    CLIENT = "client"
    TASK = "task"
    JOB = "job"
    SCHEDULE = "schedule"
    EVENT = "event"
    GROUP = "group"
    DRIVE = "drive"
    CELL = "cell"
    MEDIA = "media"
    LICENCE = "licence"
    PART = "part"


@dataclass(frozen=True, slots=True)
class ObjectKey:
    """`id` is a name; of jobs and events their id, of cells that of their `CellKey`, of media
    and the licence empty: all of them are one object. A part of the agent is in no table."""

    kind: ObjectKind
    id: str


MEDIA_KEY = ObjectKey(ObjectKind.MEDIA, "")
LICENCE_KEY = ObjectKey(ObjectKind.LICENCE, "")


@dataclass(frozen=True, slots=True)
class ChangesSince:
    """Keys of the objects that changed after a revision, oldest change first, each once.
    `keys` is None when the log does not reach back that far, or the revision lies ahead of it."""

    revision: int
    keys: tuple[ObjectKey, ...] | None


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """`next_position` is an opaque text to go on from; None on the last page."""

    items: tuple[Item, ...]
    next_position: str | None


class JobGrouping(StrEnum):
    """What the jobs of a group have in common; LOCATION puts all into one. The type is the one
    that is made, or before that is known, the one asked for."""

    TASK = "task"
    CLIENT = "client"
    TASK_GROUP = "task_group"
    TYPE = "type"
    LOCATION = "location"


@dataclass(frozen=True, slots=True)
class JobGroup:
    """`counts` are per state, without regard to the states that were asked for; the newest is the
    job that was entered last, at that time, with regard to them. `name` is empty for the jobs that
    have no such name, and for the one group of all."""

    name: str
    counts: dict[JobState, int]
    newest_id: str
    newest_state: JobState
    newest_time: datetime


@dataclass(frozen=True, slots=True)
class JobQuery:
    """Every given condition must hold; `group` is the task group whose event started the job, ""
    for none, None for any. `order` is one of create_time, task, client, state,
    severity, bytes, duration; of groups, one of name, newest (by the id of the newest job),
    severity (by the worst state under the query), jobs (by their number under the query)."""

    states: frozenset[JobState] = frozenset()
    kinds: frozenset[JobKind] = frozenset()
    task: str = ""
    client: str = ""
    first_sesam_day: date | None = None
    last_sesam_day: date | None = None
    text: str = ""
    order: str = "create_time"
    descending: bool = True
    group: str | None = None


@dataclass(frozen=True, slots=True)
class SavesetQuery:
    """Every given condition must hold. `order` is job (in which the savesets were made, whatever
    the clock said), start_time, name, task, client, type, sesam_day, bytes, eol (without one
    behind all days) or verify_time (never compared before all times)."""

    task: str = ""
    client: str = ""
    text: str = ""
    order: str = "job"
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What is remembered of a request that was answered. `subject` names what it was about;
    `digest` tells its content and caller, and is empty if that is not known."""

    method: str
    subject: str
    digest: bytes = b""


class CatalogueView(PlanningView, MediaView, HistoryView, LicenceView, AccessView, Protocol):
    """Reads of one consistent moment."""

    def revision(self) -> int:
        """Number of the newest change; 0 for an empty catalogue."""

    def changes_since(self, revision: int) -> ChangesSince: ...

    def client(self, name: str) -> Client | None: ...

    def clients(self) -> list[Client]:
        """By name."""

    def task(self, name: str) -> Task | None: ...

    def tasks(self) -> list[Task]:
        """By name."""

    def job(self, job_id: str) -> Job | None:
        """None also for an id that no job can have."""

    def open_jobs(self) -> list[Job]:
        """Queued and active ones, by id."""

    def open_event_ids(self) -> set[str]:
        """Ids of the events of which a job is queued or active."""

    def newest_ended_backups(self) -> list[Job]:
        """The newest result of each existing task: of its backups that were started and have ended
        the one with the highest id. Backups of a task run one after the other."""

    def ended_backups(self, task: str, limit: int) -> list[Job]:
        """Results of the task's backups, as `newest_ended_backups` has it, the newest first."""

    def jobs(self, query: JobQuery, position: str | None, limit: int) -> Page[Job]:
        """Without their paths, which may be megabytes. Raises PageTokenInvalid if the position is
        not one of this query."""

    def job_counts(self, query: JobQuery) -> dict[JobState, int]:
        """Jobs per state under the query without its states; states without jobs are left out."""

    def job_groups(
        self, query: JobQuery, grouping: JobGrouping, position: str | None, limit: int
    ) -> Page[JobGroup]:
        """The groups that have a job under the query; by name in the same direction where the
        order is the same. Raises PageTokenInvalid if the position is not one of this query."""

    def saveset(self, name: str) -> Saveset | None: ...

    def savesets(self, query: SavesetQuery, position: str | None, limit: int) -> Page[Saveset]:
        """Raises PageTokenInvalid if the position is not one of this query."""

    def savesets_of_task(self, task: str) -> Iterator[Saveset]:
        """The one that was made last first, whatever the clock said."""

    def saveset_names(self) -> frozenset[str]: ...

    def missing_savesets(self) -> Iterator[Saveset]:
        """Those whose files were not there at the last look. Read on while they are taken."""

    def nearest_faulty(self, names: Sequence[str]) -> dict[str, Saveset]:
        """For each of the savesets that has a fault or builds on one that has: the faulty one,
        itself or the nearest below it. One query, and a cheap one while nothing is faulty."""

    def bases(self, name: str) -> dict[str, str | None]:
        """The base of the saveset and of all that it builds on."""

    def token(self, digest: bytes) -> Token | None: ...

    def token_digests(self) -> set[bytes]: ...

    def token_by_id(self, token_id: str) -> Token | None: ...

    def tokens(self, descending: bool, position: str | None, limit: int) -> Page[Token]:
        """By time of creation. Raises PageTokenInvalid."""

    def credential(self, digest: bytes) -> Credential | None: ...

    def credentials(
        self, text: str, descending: bool, position: str | None, limit: int
    ) -> Page[Credential]:
        """By time of creation."""

    def credential_by_id(self, credential_id: str) -> Credential | None: ...

    def answered(self, request_id: str) -> Answer | None:
        """What is remembered of a request that was answered before."""


class CatalogueTransaction(
    CatalogueView,
    PlanningTransaction,
    MediaTransaction,
    HistoryTransaction,
    LicenceTransaction,
    AccessTransaction,
    Protocol,
):
    """Reads and writes that happen together or not at all.

    Every write of a client, task or job enters its key into the change log.
    """

    def put_client(self, client: Client) -> None:
        """Adds or replaces."""

    def remove_client(self, name: str) -> None: ...

    def put_task(self, task: Task) -> None:
        """Adds or replaces."""

    def remove_task(self, name: str) -> None: ...

    def add_job(self, job: Job) -> Job:
        """Enters the job under a new id (its `id` is ignored) and returns it with that id."""

    def add_past_job(self, job: Job) -> None:
        """Enters a job that ended before the catalogue was there, with the id that it had; the ids
        of new ones follow behind it.

        Raises:
            AlreadyExists: there is one of this id.
        """

    def put_job(self, job: Job) -> None:
        """Replaces."""

    def add_saveset(self, saveset: Saveset) -> None: ...

    def set_missing(self, names: Iterable[str], missing: bool, lacks_listing: bool = False) -> None:
        """Of their first places. Names that are not known are passed over."""

    def set_damage(self, name: str, damage: str) -> None:
        """Of its first place. The first damage that was found stays. A name that is not known is
        passed over."""

    def touch(self, key: ObjectKey) -> None:
        """Enters into the change log that an object which is not in the catalogue is another."""

    def put_token(self, token: Token) -> None:
        """Adds or replaces."""

    def put_credential(self, credential: Credential) -> None:
        """Adds or replaces."""

    def remember_answer(self, request_id: str, answer: Answer, now: datetime) -> None:
        """Enters that the request was answered; raises RequestIdReused if it was before."""

    def trim(self, changes: int, answered_before: datetime) -> None:
        """Forgets all but the newest `changes` of the change log and the answers before a time."""


class Catalogue(Protocol):
    """What the location knows. One writer at a time; readers never wait for it."""

    def read(self) -> AbstractContextManager[CatalogueView]:
        """A consistent view; short, since it holds a snapshot open."""

    def write(self) -> AbstractContextManager[CatalogueTransaction]:
        """A transaction: committed and durable at the end of the block, undone if it raises."""

    def close(self) -> None: ...
