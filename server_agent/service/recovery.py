"""Settles what was running when the agent died, before anything new starts."""

import logging
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from server_agent.domain.jobs import Job, JobKind, JobState, Level
from server_agent.domain.media import DataStore
from server_agent.domain.savesets import BackupType, Saveset, choose_base
from server_agent.ports import (
    BackupDone,
    CatalogueTransaction,
    CatalogueView,
    Clock,
    Engine,
    EngineError,
    Interrupted,
    Message,
    Protocols,
    Removal,
    SavesetRef,
)
from server_agent.service.bases import alike
from server_agent.service.changes import Changes
from server_agent.service.faults import look_for_missing
from server_agent.service.plan import (
    BASE,
    Outcome,
    cancelled_by,
    first_few,
    message_of,
    new_saveset,
    remarks_again,
    state_of,
)
from server_agent.service.protocol import protocol_of
from server_agent.service.remarks import Remark
from server_agent.service.writing_place import labels_of_repositories

log = logging.getLogger(__name__)

_STOPPED = "The agent stopped while this job ran"
# An agent that is killed ends nothing, and what it ran does not know.
_MAY_RUN = "its program may run still, look for it before it is started again"
_MORE = {
    JobKind.COMMAND: (_MAY_RUN,),
    JobKind.MIGRATION: ("what it had copied as a whole stays",),
}


def _nothing(_job: Job) -> tuple[Remark, ...]:
    return ()


def _at_once(_place: str, deed: Callable[[], None]) -> bool:
    deed()
    return True


@dataclass(frozen=True, slots=True)
class _Begun:
    """A backup that was active, and what nobody can tell later: what it builds on and what is
    remarkable about it are worked out of what was there before it."""

    job: Job
    writing: SavesetRef
    remarks: tuple[Remark, ...]


class Recovery:
    """Ends the jobs that were active when the agent died.

    A backup to a data store that does not answer is put off: its job stays active, and its saveset
    does not exist, until it is known whether it is whole. Such a job keeps nobody waiting.

    Args:
        follow: is called in the transaction in which a job ends.
        around: what is remarkable about what was done around a backup that is whole.
    """

    def __init__(
        self,
        changes: Changes,
        engine: Engine,
        protocols: Protocols,
        clock: Clock,
        follow: Callable[[CatalogueTransaction, Job], None],
        around: Callable[[Job], tuple[Remark, ...]] = _nothing,
    ) -> None:
        self._changes = changes
        self._engine = engine
        self._protocols = protocols
        self._clock = clock
        self._follow = follow
        self._around = around
        self._put_off: dict[str, _Begun] = {}  # by job
        self._restores: set[str] = set()  # jobs that are put off
        self._is_put_off = threading.Event()  # what has to be is

    def at_start(
        self,
        silent: Sequence[DataStore] = (),
        attempt: Callable[[str, Callable[[], None]], bool] = _at_once,
    ) -> list[Job]:
        """Ends every job that was active and returns them as they ended. Idempotent.

        A backup that lacked nothing but the catalogue's commit is committed now; every other job is
        broken. Queued jobs stay queued. The media hold no leftovers afterwards, and the catalogue
        knows whose files are not there.

        Args:
            silent: the data stores that do not answer; `late` does there what is to be done.
            attempt: does something at a place; False: that does not answer, and it is done when it
                does.
        """
        with self._changes.read() as view:
            active = [job for job in view.open_jobs() if job.state is JobState.ACTIVE]
            committed = view.saveset_names()
            committed |= {removal.saveset for removal in view.removals()}
            begun = [_begun(view, job) for job in active if job.kind is JobKind.BACKUP]
            store_of = {medium.label: medium.store for medium in view.media()}
        names = {store.name for store in silent}
        put_off = [each for each in begun if store_of.get(each.job.label) in names]
        self._put_off = {each.job.id: each for each in put_off}
        writing = [each.writing for each in begun if each not in put_off]
        known = committed | {each.writing.name for each in put_off}
        paths = [store.path for store in silent]
        found = {each.saveset: each for each in self._engine.recover(writing, known, paths)}
        for each in begun:
            if each.job.id not in self._put_off:
                self._end_backup(each, found.get(each.writing.name))
        for each in put_off:
            what = f"whether its saveset is whole is seen when {store_of[each.job.label]} answers"
            self._hold(each.job, what)
        self._is_put_off.set()
        for job in active:
            if job.kind is JobKind.RESTORE and not job.dry_run:
                place = f"What the restore of job {job.id} has to be put in order in"
                if not attempt(place, partial(self._end_restore, job)):
                    self._restores.add(job.id)
                    self._hold(job, "what it has left is put in order when its target answers")
            elif job.kind is not JobKind.BACKUP:
                self._end(job, _broken(job))
        self._look_for_missing()
        with self._changes.read() as view:
            ended = [job for job in map(view.job, [each.id for each in active]) if job is not None]
        return [job for job in ended if not job.state.is_open]

    def late(self, store: DataStore, engine: Engine) -> None:
        """A data store answers that did not at the start: settles what was put off. `engine`: as it
        is, since the data store answers nobody else until this has ended."""
        self._is_put_off.wait()
        with self._changes.read() as view:
            labels = [medium.label for medium in view.media() if medium.store == store.name]
        for each in list(self._put_off.values()):
            if each.job.label in labels:
                self._end_backup(each, engine.settle(each.writing))
                self._put_off.pop(each.job.id, None)
        for label in labels:
            with suppress(EngineError):  # it is done when the medium is there
                engine.sweep(label, partial(being_written, self._changes))

    def give_up(self, tx: CatalogueTransaction, job: Job, by: str) -> Job | None:
        """Ends a job that is put off, since a person does not want to wait; None if it is not. What
        a backup has written is removed when its data store answers, and what a restore has left is
        put in order all the same."""
        if job.id in self._put_off:
            tx.put_removal(Removal(job.saveset, job.label, job.sesam_day))
        elif job.id not in self._restores:
            return None
        ended = cancelled_by(by).end(job, self._clock.now())
        tx.put_job(ended)
        return ended

    def _look_for_missing(self) -> None:
        lost, back = look_for_missing(self._changes, self._engine)
        if lost:
            log.warning("the files of %d savesets are not all there any more", lost)
        if back:
            log.info("the files of %d savesets are there again", back)

    def _hold(self, job: Job, what: str) -> None:
        self._changes.hold(job.id, JobState.ACTIVE, f"{_STOPPED}; {what}")
        log.warning("job %s, %s: %s; %s", job.id, job.task or job.event, _STOPPED, what)

    def _end_backup(self, begun: _Begun, whole: Interrupted | None) -> None:
        job, outcome = begun.job, _broken(begun.job)
        if whole is not None and (done := whole.result) is not None:
            with self._changes.read() as view:
                pool = view.pool(job.pool)
                repositories = labels_of_repositories(view)
            eol = pool.retention.eol(job.sesam_day) if pool is not None else None
            # Others may have been made since it was put off.
            base = whole.facts.get(BASE) or begun.writing.base
            saveset = new_saveset(job, base, done, eol, self._clock.now())
            saveset = _as_encrypted(saveset, whole.key_id, repositories)
            outcome = _completed(done, saveset, (*begun.remarks, *self._around(job)))
        self._end(job, outcome)

    def _end_restore(self, job: Job) -> None:
        messages = self._engine.put_back(job.id)
        for message in messages:
            log.info("job %s: %s", job.id, message.text)
        self._end(job, _half_restored(messages), messages)

    def _end(self, job: Job, outcome: Outcome, messages: Sequence[Message] = ()) -> None:
        with self._changes.read() as view:
            if not _is_active(view, job):
                return  # a person did not want to wait
        self._write_result(job, messages, outcome)
        with self._changes.write() as tx:
            if not _is_active(tx, job):
                return
            if outcome.saveset is not None:
                tx.add_saveset(outcome.saveset)
            ended = outcome.end(job, self._clock.now())
            tx.put_job(ended)
            self._follow(tx, ended)
        self._changes.drop_progress(job.id)
        log.info("job %s, %s: %s", ended.id, ended.task or ended.event, ended.message)

    def _write_result(self, job: Job, messages: Sequence[Message], outcome: Outcome) -> None:
        try:
            with protocol_of(self._protocols, self._clock, job) as protocol:
                for message in messages:
                    protocol.message(message)
                protocol.result(outcome, self._clock.now() - (job.start_time or job.create_time))
        except OSError:
            log.exception("the protocol of job %s cannot be written", job.id)


def _as_encrypted(saveset: Saveset, key_id: str, repositories: Collection[str]) -> Saveset:
    encrypted = bool(key_id) or saveset.label in repositories
    return replace(saveset, encrypted=encrypted, key_id=key_id)


def being_written(changes: Changes) -> set[str]:
    """The savesets that backups and migrations write now, or that are put off."""
    with changes.read() as view:
        active = [job for job in view.open_jobs() if job.state is JobState.ACTIVE]
        copied = {removal.saveset for removal in view.removals() if removal.job}
    return copied | {job.saveset for job in active if job.kind is JobKind.BACKUP}


def _begun(view: CatalogueView, job: Job) -> _Begun:
    writing = SavesetRef(job.saveset, job.label, job.sesam_day, _base(view, job))
    return _Begun(job, writing, remarks_again(view, job))


def _is_active(view: CatalogueView, job: Job) -> bool:
    known = view.job(job.id)
    return known is not None and known.state is JobState.ACTIVE


def _base(view: CatalogueView, job: Job) -> str | None:
    """What an active backup builds on: nothing has been added to its task since it chose."""
    base = choose_base(job.type or BackupType.FULL, job.paths, alike(view, job))
    return base.name if base is not None else None


def _completed(done: BackupDone, saveset: Saveset, remarks: tuple[Remark, ...]) -> Outcome:
    late = "The agent stopped before this was entered, and entered it when it started again"
    return Outcome(
        state=state_of(done, remarks),
        code="RESULT",
        message=message_of(done, remarks, late),
        files=done.files,
        bytes_done=done.bytes_read,
        stored_bytes=done.stored_bytes,
        skipped=done.skipped,
        saveset=saveset,
    )


def _broken(job: Job) -> Outcome:
    sentences = (_STOPPED, *_MORE.get(job.kind, ()))
    return Outcome(JobState.BROKEN, "BROKEN", "; ".join(sentences))


def _half_restored(messages: list[Message]) -> Outcome:
    left = [message.text for message in messages if message.level is not Level.INFO]
    sentences = [_STOPPED, "what it had restored stays", *first_few(left)]
    return Outcome(JobState.BROKEN, "BROKEN", "; ".join(sentences))
