"""What a job is going to do, settled when it starts, and what came of it."""

import secrets
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from server_agent.domain.command_sources import CommandSource
from server_agent.domain.errors import ClientLocked, TaskNotFound
from server_agent.domain.events import RestoreProofAction, VerifyAction
from server_agent.domain.jobs import Job, JobKind, JobState, Level, Progress
from server_agent.domain.queue import MOVES_DATA
from server_agent.domain.reach import LOCAL, Reach
from server_agent.domain.savesets import (
    BackupType,
    Saveset,
    SavesetState,
    choose_base,
    saveset_name,
)
from server_agent.domain.task_options import TaskOptions, TimeReference
from server_agent.ports import (
    BackupDone,
    CatalogueTransaction,
    CatalogueView,
    Clock,
    RestoreDone,
    SavesetRef,
)
from server_agent.service.bases import alike, newest_like
from server_agent.service.chains import chain, known
from server_agent.service.days import day_of, run_of_day
from server_agent.service.remarks import (
    Remark,
    base_damaged,
    no_time_stamp,
    on_spare,
    why_full,
)
from server_agent.service.restoring import target_of
from server_agent.service.writing_place import WritingPlace, writing_place

_SUFFIX_LETTERS = string.ascii_letters + string.digits
_SUFFIX_LENGTH = 11
_NAMED = 3  # of many, in a message; the protocol has all

BASE = "base"  # the fact of a saveset that names what it builds on
LONGEST_MESSAGE = 4000  # characters; it travels with every list and snapshot


@dataclass(frozen=True, slots=True)
class Plan:
    """A job that has started, and what its engine call needs.

    Attributes:
        start_time: that of the job.
        excludes: backups only.
        chain: of a backup its base and all below; of a restore the saveset and all below.
        like: of a FULL or COPY, the newest saveset of the same sources.
        place: of a backup, where it is written to.
        options: of a backup, those of its task.
        reach: of a backup or restore, how its client is reached.
        commands: of a backup, those of its task.
        since_ns: of a backup, as `BackupRequest` has it.
        samples: of a restore proof, what is restored.
        tried: chains of which something could not be read, and lies elsewhere too.
    """

    job: Job
    start_time: datetime
    excludes: tuple[str, ...]
    chain: tuple[SavesetRef, ...]
    remarks: tuple[Remark, ...] = ()
    like: SavesetRef | None = None
    place: WritingPlace | None = None
    options: TaskOptions = field(default_factory=TaskOptions)
    reach: Reach = LOCAL
    commands: tuple[CommandSource, ...] = ()
    since_ns: int = 0
    samples: RestoreProofAction | None = None
    tried: tuple[tuple[SavesetRef, ...], ...] = ()

    @property
    def labels(self) -> frozenset[str]:
        """Of all the media that it needs."""
        read = {member.label for member in self.chain}
        return frozenset(read | {self.job.label} - {""})


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended. `saveset` is entered together with the end of the job. A message that is
    too long is cut. `begin_ns`: as `BackupDone` has it."""

    state: JobState
    code: str
    message: str
    files: int = 0
    bytes_done: int = 0
    stored_bytes: int = 0
    skipped: int = 0
    saveset: Saveset | None = None
    begin_ns: int = 0

    def __post_init__(self) -> None:
        if len(self.message) > LONGEST_MESSAGE:
            object.__setattr__(self, "message", self.message[: LONGEST_MESSAGE - 1] + "…")

    def end(self, job: Job, now: datetime) -> Job:
        """The job as it stands from now on. A backup that made nothing names no saveset."""
        named = job.kind is not JobKind.BACKUP or self.saveset is not None
        return replace(
            job,
            state=self.state,
            saveset=job.saveset if named else "",
            end_time=now,
            files=self.files,
            bytes_done=self.bytes_done,
            stored_bytes=self.stored_bytes,
            skipped=self.skipped,
            message=self.message,
        )


def plan_of(tx: CatalogueTransaction, job: Job, clock: Clock) -> Plan:
    """The plan of a queued job that starts now; its job is active.

    Raises:
        TaskNotFound, SavesetNotFound, PoolNotFound, StoreNotFound, ClientNotFound: what the job
            needs has gone.
        ClientLocked: nothing of it is backed up, or of others restored to it, just now.
        InvalidArgument: the client of a saveset has gone and no other is named to restore to.
    """
    now = clock.now()
    day = day_of(tx, clock, now)
    active = replace(job, state=JobState.ACTIVE, start_time=now, sesam_day=day)
    if job.kind not in MOVES_DATA:
        return Plan(active, now, (), ())
    if job.kind is JobKind.RESTORE:
        reach = target_of(tx, job).reach
        return Plan(active, now, (), chain(tx, job.saveset), reach=reach)
    if job.kind is JobKind.VERIFY:
        return Plan(active, now, (), _to_verify(tx, job))
    if job.kind is JobKind.RESTORE_PROOF:
        remarks = _newer_unusable(tx, job)
        return Plan(active, now, (), chain(tx, job.saveset), remarks, samples=_samples(tx, job))
    if job.kind is JobKind.MIGRATION:
        place = writing_place(tx, job)
        active = replace(active, pool=place.pool.name, label=place.medium.label)
        return Plan(active, now, (), (), place=place)
    task = tx.task(job.task)
    if task is None:
        raise TaskNotFound(task=job.task)
    client = tx.client(task.client)
    if client is not None and client.locked:
        raise ClientLocked(client=client.name)
    place = writing_place(tx, job)
    number = run_of_day(tx, active)
    active = replace(active, pool=place.pool.name, label=place.medium.label, number=number)
    reach = client.reach if client is not None else LOCAL
    plan = Plan(active, now, task.excludes, (), place=place, options=task.options, reach=reach)
    plan = replace(plan, commands=task.commands)
    return _with_base(tx, plan, task.sources, lambda made: new_name(made, clock))


def with_sources(view: CatalogueView, plan: Plan, sources: tuple[bytes, ...]) -> Plan:
    """The plan of the same backup with other sources than those of its task: its base is another
    one, and so may its type be. Its saveset keeps its name but for the letter of that."""
    name = plan.job.saveset
    return _with_base(view, plan, sources, lambda made: f"S{made.value}{name[2:]}")


def _with_base(
    view: CatalogueView,
    plan: Plan,
    sources: tuple[bytes, ...],
    name_of: Callable[[BackupType], str],
) -> Plan:
    """The plan of a backup with what these sources can build on."""
    job = plan.job
    made = asked = job.requested_type or BackupType.FULL
    base = choose_base(asked, sources, alike(view, job))
    damage = _proved_damage(view, base)
    remarks: tuple[Remark, ...] = ()
    if base is not None and damage:
        made, base, remarks = BackupType.FULL, None, (base_damaged(damage),)
    elif base is None and asked in (BackupType.INC, BackupType.DIFF):
        made = BackupType.FULL
        remarks = (why_full(asked, view, job),)
    return replace(
        plan,
        job=replace(job, type=made, saveset=name_of(made), paths=sources),
        chain=chain(view, base.name) if base is not None else (),
        remarks=(*on_spare(job, plan.place), *remarks),
        like=newest_like(view, job, sources) if base is None else None,
    )


def _to_verify(view: CatalogueView, job: Job) -> tuple[SavesetRef, ...]:
    event = view.event_by_id(job.event_id)
    action = event.action if event is not None else None
    whole = not isinstance(action, VerifyAction) or action.whole_chain
    members = chain(view, job.saveset)
    return members if whole else members[:1]


def _samples(view: CatalogueView, job: Job) -> RestoreProofAction:
    event = view.event_by_id(job.event_id)
    action = event.action if event is not None else None
    return action if isinstance(action, RestoreProofAction) else RestoreProofAction(job.task)


def _newer_unusable(view: CatalogueView, job: Job) -> tuple[Remark, ...]:
    """That a restore of the task would not bring back what was saved last."""
    newest = next(iter(view.savesets_of_task(job.task)), None)
    if newest is None or newest.name == job.saveset:
        return ()
    [found] = known(view, [newest])
    if not found.damage:
        return ()
    text = f"The newest saveset, {newest.name}, cannot be restored: {found.damage}"
    short = f"The newest saveset cannot be restored: proved is {job.saveset}"
    return (Remark(Level.WARNING, "NEWEST_UNUSABLE", text, short, alarming=True),)


def remarks_again(view: CatalogueView, job: Job) -> tuple[Remark, ...]:
    """What was remarkable about the place and type of a backup that was active when the agent died.
    Nothing has been added to its task since it chose."""
    asked, spared = job.requested_type, on_spare(job, None)
    if asked is None or job.type is asked:
        return spared
    base = choose_base(asked, job.paths, alike(view, job))
    if base is None:
        return (*spared, why_full(asked, view, job))
    task = view.task(job.task)
    if task is not None and task.options.time_reference is TimeReference.TIME_STAMP_FILE:
        return (*spared, no_time_stamp("there was none, or the base could not be used"))
    return (*spared, base_damaged(f"saveset {base.name} or one that it builds on"))


def full_instead(plan: Plan, why: str, clock: Clock) -> Plan:
    """The same backup as a FULL, because its base cannot be used."""
    name = new_name(BackupType.FULL, clock)
    job = replace(plan.job, type=BackupType.FULL, saveset=name)
    remark = base_damaged(f"{why.rstrip('.')}. The FULL is saveset {name}")
    return replace(plan, job=job, chain=(), remarks=(*plan.remarks, remark), like=plan.chain[0])


def new_name(backup_type: BackupType, clock: Clock) -> str:
    """A name that no saveset has."""
    suffix = "".join(secrets.choice(_SUFFIX_LETTERS) for _ in range(_SUFFIX_LENGTH))
    return saveset_name(backup_type, clock.local(clock.now()), suffix)


def new_saveset(
    job: Job,
    base: str | None,
    done: BackupDone,
    eol: date | None,
    end_time: datetime,
    encrypted: bool = False,
    key_id: str = "",
) -> Saveset:
    """What an active backup has made.

    Args:
        eol: the last sesam day on which it is kept; None: for good.
        encrypted, key_id: as in the saveset.
    """
    return Saveset(
        name=job.saveset,
        task=job.task,
        client=job.client,
        type=job.type or BackupType.FULL,
        base=base,
        state=SavesetState.WARNING if done.skipped or done.warnings else SavesetState.OK,
        start_time=job.start_time or job.create_time,
        end_time=end_time,
        sesam_day=job.sesam_day,
        sources=job.paths,
        files=done.files,
        bytes_read=done.bytes_read,
        stored_bytes=done.stored_bytes,
        skipped=done.skipped,
        listed_files=done.listed_files,
        listed_bytes=done.listed_bytes,
        label=job.label,
        job_id=job.id,
        eol=eol,
        encrypted=encrypted,
        key_id=key_id,
    )


def cancelled_by(name: str) -> Outcome:
    """A person has stopped the job."""
    return Outcome(JobState.CANCELLED, "CANCELLED", f"Cancelled by {name}")


def half_restored(outcome: Outcome, reached: Progress | None) -> Outcome:
    """How a restore ends that has no result, with what it had restored by then."""
    if reached is None or not reached.files_done:
        return outcome
    files = reached.files_done
    had = "1 file" if files == 1 else f"{files} files"
    between = " " if outcome.message.endswith((".", "?")) else "; "
    message = f"{outcome.message}{between}{had} had been restored before"
    return replace(outcome, files=files, bytes_done=reached.bytes_done, message=message)


def state_of(done: BackupDone | RestoreDone, remarks: tuple[Remark, ...]) -> JobState:
    """What a job that has a result ends with. A backup that lacks files has its saveset; a
    restore that brought nothing back, and left nothing of it as it is, has done nothing of what it
    was asked for."""
    if isinstance(done, RestoreDone) and done.skipped and not done.files and not done.notes:
        return JobState.ERROR
    alarming = done.skipped or done.warnings or any(remark.alarming for remark in remarks)
    return JobState.WARNING if alarming else JobState.OK


def message_of(done: BackupDone | RestoreDone, remarks: tuple[Remark, ...], last: str = "") -> str:
    """What was remarkable about a result, and `last` at its end; empty if nothing was."""
    parts = [remark.short for remark in remarks]
    if done.skipped:
        verb, files = "restored", done.files + done.skipped
        if isinstance(done, BackupDone):
            verb, files = "saved", files - done.partial
        parts.insert(0, f"{done.skipped} of {files} files were not {verb} whole")
        if state_of(done, remarks) is JobState.ERROR:
            parts.insert(0, "Nothing was restored")
    notes = done.notes if isinstance(done, RestoreDone) else ()
    return "; ".join(filter(None, (*parts, *notes, *first_few(done.warnings), last)))


def first_few(sentences: Sequence[str]) -> list[str]:
    """So many of them as a message can hold, and how many more there are."""
    few = list(sentences[:_NAMED])
    if len(sentences) > _NAMED:
        few.append(f"{len(sentences) - _NAMED} more of this kind: see the protocol")
    return few


def _proved_damage(view: CatalogueView, base: Saveset | None) -> str:
    """Why nothing may be built on the base. Files that are only missing may be back: the engine
    looks at them itself."""
    if base is None:
        return ""
    [found] = known(view, [base])
    faulty = view.nearest_faulty([base.name]).get(base.name)
    return found.damage if faulty is not None and faulty.damage else ""
