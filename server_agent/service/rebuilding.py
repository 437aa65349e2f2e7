"""Puts a lost catalogue back from what lies in data stores. The agent does not run meanwhile.

What the catalogue knows already stays as it is, so that it may be done again, with other data
stores too. On media nothing is changed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from server_agent.domain.command_sources import checked_commands
from server_agent.domain.copies import Copy
from server_agent.domain.errors import DomainError
from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.domain.media import (
    FIRST_DRIVE_GROUP,
    FIRST_STORE,
    DataStore,
    MediaPool,
    Medium,
    pool_of,
)
from server_agent.domain.queue import FIRST_DRIVE, Drive
from server_agent.domain.quoting import printable, quoted
from server_agent.domain.savesets import Saveset, SavesetState
from server_agent.domain.task_options import options_of
from server_agent.domain.topology import Client, Task, checked_name
from server_agent.ports import CatalogueTransaction, Clock, EngineError
from server_agent.ports.rebuilding import FoundMedium, FoundSaveset, LeftFile, StoreReading
from server_agent.service.changes import Changes
from server_agent.service.rebuild_facts import client_in, eol_in, pool_in, unknown_pool

GRACE = timedelta(days=31)  # before what was found is deleted by its age: it may have been put off
_NO_PROGRAM = (
    b"/bin/sh",
    b"-c",
    b"echo 'the program of this command was not kept: give it again' >&2; exit 1",
)


class CannotRebuild(Exception):
    """Nothing was entered; the text says why and what to do."""


@dataclass
class Found:
    """What was read of the data stores.

    Attributes:
        savesets: each once for each medium that has it; in the order of their jobs.
        left: what stays as it is and is not entered.
    """

    media: list[FoundMedium]
    savesets: list[FoundSaveset] = field(default_factory=list)
    left: list[LeftFile] = field(default_factory=list)

    @property
    def location_id(self) -> str:
        """Of all media. Raises CannotRebuild."""
        ids = sorted({medium.location_id for medium in self.media})
        if len(ids) != 1:
            raise CannotRebuild(
                f"The data stores belong to several locations: {', '.join(ids)}. Name those of one"
            )
        return ids[0]


def look(reading: StoreReading, directories: Sequence[bytes]) -> Found:
    """Reads all that lies in the data stores.

    Raises:
        CannotRebuild: one of them is none, or cannot be read.
    """
    try:
        found = Found(reading.media(directories))
        for medium in found.media:
            for item in reading.contents(medium):
                if isinstance(item, LeftFile):
                    found.left.append(item)
                else:
                    found.savesets.append(item)
    except EngineError as error:
        raise CannotRebuild(f"{error.text[:1].upper()}{error.text[1:]}") from error
    except OSError as error:
        raise CannotRebuild(f"{error.filename} cannot be read: {error.strerror}") from error
    found.savesets.sort(key=lambda each: (_number(each), each.name, each.label != each.made_on))
    return found


class Rebuilding:
    """Enters what was found, saveset by saveset: ended in the middle, it is done again."""

    def __init__(self, changes: Changes, reading: StoreReading, clock: Clock) -> None:
        self._changes = changes
        self._reading = reading
        self._clock = clock

    def enter(self, found: Found) -> Iterator[str]:
        """Says what it has entered, and what not and why, a sentence each.

        Raises:
            CannotRebuild: the catalogue has gone on without what was found.
        """
        self._check_jobs(found)
        media = {medium.label: medium for medium in found.media}
        with self._changes.write() as tx:
            said = list(self._places(tx, found))
            deleted = {(each.saveset, each.label) for each in tx.removals()}
        yield from said
        for saveset in _bases_first(found.savesets):
            if (saveset.name, saveset.label) in deleted:
                yield (
                    f"{saveset.name} on {saveset.label} is not entered: it was deleted, and its"
                    " files are still to be removed"
                )
                continue
            try:
                with self._changes.write() as tx:
                    said = list(self._saveset(tx, saveset))
            except (DomainError, ValueError, KeyError, TypeError) as error:
                yield f"{saveset.name} on {saveset.label} is not entered: {error}"
                continue
            yield from said
            why = self._reading.bring_listing(saveset, media[saveset.label])
            if why:
                yield (
                    f"{saveset.name} is entered without its listing, {why}: only by hand, with"
                    " zstd and tar or with restic, its data come back, and nothing that builds on"
                    " it can be restored"
                )
        yield from self._owners(found)

    def _check_jobs(self, found: Found) -> None:
        """The order of savesets is that of their jobs: one that was made since would be taken for
        older than what was found."""
        newest = max(map(_number, found.savesets), default=0)
        known = {saveset.name for saveset in found.savesets}
        ends: dict[str, datetime] = {}
        for each in found.savesets:
            task = each.facts.get("task", "")
            ends[task] = max(each.end_time, ends.get(task, each.end_time))
        with self._changes.read() as view:
            for task, last in ends.items():
                for saveset in view.savesets_of_task(task):
                    is_older = int(saveset.job_id) < newest
                    if saveset.name not in known and is_older and saveset.start_time > last:
                        raise CannotRebuild(
                            f"Task {task} was backed up since ({saveset.name}), and its numbers"
                            " begin anew: rebuild into a new root instead"
                        )

    def _places(self, tx: CatalogueTransaction, found: Found) -> Iterator[str]:
        now = self._clock.now()
        for medium in found.media:
            known, here = tx.data_store(medium.store), printable(medium.store_path)
            if known is None:
                tx.put_data_store(DataStore(medium.store, medium.store_path))
                yield f"data store {medium.store} in {here}"
            elif known.path != medium.store_path:
                yield (
                    f"data store {medium.store} was read in {here}, and stays in"
                    f" {printable(known.path)} as the catalogue has it: change its path if it is"
                    " not there any more"
                )
            pool = tx.pool(pool_of(medium.label))
            if pool is None:
                pool = _pool(found, medium)
                tx.put_pool(pool)
                yield f"media pool {pool.name}" + (f". {pool.comment}" if pool.comment else "")
            drives = tx.drives()
            if not any(
                (each.group, each.store) == (pool.drive_group, medium.store) for each in drives
            ):
                drive = _next_drive({each.name for each in drives}, pool.drive_group, medium.store)
                tx.put_drive(drive)
                yield f"drive {drive.name} of group {drive.group} for {drive.store}"
            if tx.medium(medium.label) is None:
                tx.put_medium(Medium(medium.label, pool.name, medium.store, init_time=now))
                yield f"medium {medium.label}"

    def _saveset(self, tx: CatalogueTransaction, found: FoundSaveset) -> Iterator[str]:
        known = tx.saveset(found.name)
        made = _saveset_of(found, self._clock.now().date() + GRACE)
        if known is not None:
            others = {copy.label for copy in tx.copies([found.name]).get(found.name, ())}
            if found.label not in {known.label, *others}:
                tx.add_copy(
                    Copy(found.name, found.label, made.eol, made.stored_bytes, made.end_time)
                )
                yield f"a copy of {found.name} on {found.label}"
            return
        if found.base is not None and tx.saveset(found.base) is None:
            raise ValueError(f"it builds on {found.base}, which is not in these data stores")
        tx.add_saveset(made)
        job = _job_of(made)
        known_job = tx.job(job.id)
        if known_job is None:
            tx.add_past_job(job)
        yield f"{found.name} of task {made.task}, client {made.client}"
        if known_job is not None and known_job.saveset != made.name:
            yield (
                f"{found.name} was made by a job {job.id} that is lost: job {job.id} of this"
                " catalogue is another one"
            )

    def _owners(self, found: Found) -> Iterator[str]:
        """Tasks and clients as the newest saveset of each knows them."""
        of_tasks = {each.facts["task"]: each for each in found.savesets if "task" in each.facts}
        now = self._clock.now()
        for name, newest in sorted(of_tasks.items()):
            try:
                with self._changes.write() as tx:
                    is_new = tx.task(name) is None
                    said = list(_enter_owner(tx, name, newest, now)) if is_new else []
            except (DomainError, ValueError, KeyError, TypeError) as error:
                said = [f"task {name} is not entered: {error}"]
            yield from said


def _pool(found: Found, medium: FoundMedium) -> MediaPool:
    """As the newest saveset knows it that was written to it, whether that can be opened or not."""
    name = pool_of(medium.label)
    here = [each for each in found.savesets if each.label == medium.label]
    sealed = [each.facts for each in found.left if each.path.startswith(medium.path + b"/")]
    for facts in reversed([*sealed, *(each.facts for each in here)]):
        pool = pool_in(name, facts)
        if pool is not None:
            return pool
    first = medium.store == FIRST_STORE
    pool = unknown_pool(name, FIRST_DRIVE_GROUP if first else medium.store)
    keys = [each.key_id for each in here if each.key_id]
    # What is written to it from now on must not be open where it was not before.
    return replace(pool, encrypted=True, key_id=keys[-1]) if keys else pool


def _next_drive(taken: set[str], group: str, store: str) -> Drive:
    names = [FIRST_DRIVE, *(f"Drive_{number}" for number in range(2, len(taken) + 3))]
    return Drive(next(name for name in names if name not in taken), group=group, store=store)


def _enter_owner(
    tx: CatalogueTransaction, name: str, newest: FoundSaveset, now: datetime
) -> Iterator[str]:
    client = checked_name("client", newest.facts["client"])
    if tx.client(client) is None:
        plain = Client(client, create_time=now, version=1)
        tx.put_client(client_in(newest.facts, plain))
        yield f"client {client}"
    task = Task(
        name=checked_name("task", name),
        client=client,
        sources=newest.sources,
        excludes=newest.excludes,
        create_time=now,
        version=1,
        options=options_of(newest.options),
        commands=checked_commands(
            tuple(replace(each, argv=each.argv or _NO_PROGRAM) for each in newest.commands)
        ),
    )
    tx.put_task(task)
    yield f"task {name}"
    for command in newest.commands:
        if command.argv:
            words = " ".join(map(quoted, command.argv))
            yield f"command {printable(command.name)} of task {name}: {words}"
    lost = [command.name for command in newest.commands if not command.argv]
    if lost:
        yield (
            f"The programs of task {name}'s commands ({', '.join(lost)}) were not kept:"
            " its backups fail until they are given again"
        )


def _bases_first(savesets: Sequence[FoundSaveset]) -> list[FoundSaveset]:
    """Else in the same order."""
    bases = {each.name: each.base for each in savesets}

    def depth(name: str) -> int:
        below, base = 0, bases[name]
        while base in bases and below < len(bases):
            below, base = below + 1, bases[base]
        return below

    return sorted(savesets, key=lambda each: depth(each.name))


def _number(found: FoundSaveset) -> int:
    text = found.facts.get("job_id", "")
    return int(text) if text.isdecimal() else 0


def _saveset_of(found: FoundSaveset, earliest_eol: date) -> Saveset:
    """Raises ValueError, KeyError: its description lacks something."""
    facts, result = found.facts, found.result
    eol = eol_in(facts)
    return Saveset(
        name=found.name,
        task=facts["task"],
        client=facts["client"],
        type=found.type,
        base=found.base,
        state=SavesetState.WARNING if result.skipped or result.warnings else SavesetState.OK,
        start_time=datetime.fromisoformat(facts["start_time"]),
        end_time=found.end_time,
        sesam_day=found.sesam_day,
        sources=found.sources,
        files=result.files,
        bytes_read=result.bytes_read,
        stored_bytes=result.stored_bytes,
        skipped=result.skipped,
        listed_files=result.listed_files,
        listed_bytes=result.listed_bytes,
        label=found.label,
        job_id=str(int(facts["job_id"])),
        eol=max(eol, earliest_eol) if eol is not None else None,
        encrypted=found.is_encrypted or bool(found.key_id),
        key_id=found.key_id,
    )


def _job_of(made: Saveset) -> Job:
    """The job that made a saveset, as far as it is known."""
    message = f"{made.skipped} files were not saved whole" if made.skipped else ""
    return Job(
        id=made.job_id,
        kind=JobKind.BACKUP,
        state=JobState.WARNING if made.state is SavesetState.WARNING else JobState.OK,
        task=made.task,
        client=made.client,
        requested_type=made.type,
        type=made.type,
        saveset=made.name,
        create_time=made.start_time,
        start_time=made.start_time,
        end_time=made.end_time,
        sesam_day=made.sesam_day,
        files=made.files,
        bytes_done=made.bytes_read,
        stored_bytes=made.stored_bytes,
        skipped=made.skipped,
        message=message,
        pool=pool_of(made.label),
        label=made.label,
    )
