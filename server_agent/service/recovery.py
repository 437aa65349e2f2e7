"""Settles what was running when the agent died, before anything new starts."""

import logging
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import date

from server_agent.domain.jobs import Job, JobKind, JobState, Level
from server_agent.domain.media import Retention
from server_agent.domain.savesets import BackupType, Saveset, choose_base
from server_agent.ports import (
    BackupDone,
    CatalogueTransaction,
    CatalogueView,
    Clock,
    Engine,
    Message,
    Protocols,
    SavesetRef,
)
from server_agent.service.bases import alike
from server_agent.service.changes import Changes
from server_agent.service.faults import look_for_missing
from server_agent.service.plan import (
    Outcome,
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


def recover(
    changes: Changes,
    engine: Engine,
    protocols: Protocols,
    clock: Clock,
    follow: Callable[[CatalogueTransaction, Job], None],
    around: Callable[[Job], tuple[Remark, ...]] = _nothing,
) -> list[Job]:
    """Ends every job that was active and returns them as they ended. Idempotent.

    A backup that lacked nothing but the catalogue's commit is committed now; every other job is
    broken. Queued jobs stay queued. The media hold no leftovers afterwards, and the catalogue
    knows whose files are not there.

    Args:
        follow: is called in the transaction in which a job ends.
        around: what is remarkable about what was done around a backup that is whole.
    """
    with changes.read() as view:
        active = [job for job in view.open_jobs() if job.state is JobState.ACTIVE]
        committed = view.saveset_names()
        committed |= {removal.saveset for removal in view.removals()}
        writing = [
            SavesetRef(job.saveset, job.label, job.sesam_day, _base(view, job))
            for job in active
            if job.kind is JobKind.BACKUP
        ]
        remarks = {job.id: remarks_again(view, job) for job in active}
        retention = {pool.name: pool.retention for pool in view.pools()}
        repositories = labels_of_repositories(view)
    found = {each.saveset: each for each in engine.recover(writing, committed)}
    bases = {each.name: each.base for each in writing}
    ended = []
    for job in active:
        whole = found.get(job.saveset) if job.kind is JobKind.BACKUP else None
        outcome = _broken(job)
        messages: list[Message] = []
        if job.kind is JobKind.RESTORE and not job.dry_run:
            messages = engine.put_back(job.id)
            outcome = _half_restored(messages)
        if whole is not None and (done := whole.result) is not None:
            eol = _eol(job, retention.get(job.pool))
            saveset = new_saveset(job, bases[job.saveset], done, eol, clock.now())
            saveset = _as_encrypted(saveset, whole.key_id, repositories)
            outcome = _completed(done, saveset, (*remarks[job.id], *around(job)))
        _write_result(protocols, clock, job, messages, outcome)
        with changes.write() as tx:
            ended.append(_entered(tx, outcome, outcome.end(job, clock.now()), follow))
    _look_for_missing(changes, engine)
    return ended


def _eol(job: Job, rule: Retention | None) -> date | None:
    return rule.eol(job.sesam_day) if rule is not None else None


def _as_encrypted(saveset: Saveset, key_id: str, repositories: Collection[str]) -> Saveset:
    encrypted = bool(key_id) or saveset.label in repositories
    return replace(saveset, encrypted=encrypted, key_id=key_id)


def _entered(
    tx: CatalogueTransaction,
    outcome: Outcome,
    job: Job,
    follow: Callable[[CatalogueTransaction, Job], None],
) -> Job:
    if outcome.saveset is not None:
        tx.add_saveset(outcome.saveset)
    tx.put_job(job)
    follow(tx, job)
    return job


def _look_for_missing(changes: Changes, engine: Engine) -> None:
    lost, back = look_for_missing(changes, engine)
    if lost:
        log.warning("the files of %d savesets are not all there any more", lost)
    if back:
        log.info("the files of %d savesets are there again", back)


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


def _write_result(
    protocols: Protocols, clock: Clock, job: Job, messages: list[Message], outcome: Outcome
) -> None:
    try:
        with protocol_of(protocols, clock, job) as protocol:
            for message in messages:
                protocol.message(message)
            protocol.result(outcome, clock.now() - (job.start_time or job.create_time))
    except OSError:
        log.exception("the protocol of job %s cannot be written", job.id)
