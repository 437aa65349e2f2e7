"""What is remarkable about how a job is done, in the words of its protocol and of its message."""

from dataclasses import dataclass

from server_agent.domain.jobs import Job, Level
from server_agent.domain.savesets import BackupType
from server_agent.ports import CatalogueView
from server_agent.service.bases import (
    alike,
    has_full,
    has_full_otherwise_encrypted,
    is_on_spare,
)
from server_agent.service.writing_place import WritingPlace


@dataclass(frozen=True, slots=True)
class Remark:
    """Something remarkable about how a job is done: a line of its protocol, and in short for the
    job's message. An alarming one makes a job WARNING that is OK otherwise."""

    level: Level
    code: str
    text: str
    short: str
    alarming: bool = False


def base_damaged(why: str) -> Remark:
    """A FULL is made since the base cannot be used."""
    return Remark(
        level=Level.WARNING,
        code="CHAIN_LOST",
        text=f"The base cannot be used, a FULL is made instead: {why}",
        short="No base: made a FULL, the base is missing or damaged",
        alarming=True,
    )


def no_time_stamp(why: str) -> Remark:
    """A FULL is made since no time-stamp file says since when changes count."""
    return Remark(
        level=Level.WARNING,
        code="NO_TIME_STAMP",
        text=f"Everything is saved, by a FULL: {why}",
        short="No time stamp: made a FULL",
    )


def by_database(why: str) -> Remark:
    """Archive bits do not tell what has changed since the base."""
    text = f"What has changed is told by the database: {why}"
    return Remark(Level.INFO, "BY_DATABASE", text, short="")


def on_spare(job: Job, place: WritingPlace | None) -> tuple[Remark, ...]:
    """That a backup goes to its spare pool, if it does. `place`: None if nobody knows why."""
    if not is_on_spare(job):
        return ()
    text = f"This backup goes to {job.label} of a spare pool instead of the pool {job.pool}"
    if place is not None:
        text += f": {place.why}"
    return (Remark(Level.WARNING, "SPARE_POOL", text, text.rstrip("."), alarming=True),)


def why_full(asked: BackupType, view: CatalogueView, job: Job) -> Remark:
    """A FULL is made since there is nothing to build on."""
    if has_full(alike(view, job)):
        return Remark(
            level=Level.WARNING,
            code="CHAIN_LOST",
            text=f"{asked.name} was asked for, but the sources of the task have changed since its "
            "last backup: makes a FULL",
            short="No base: made a FULL, the sources have changed",
        )
    if is_on_spare(job):
        return Remark(
            level=Level.INFO,
            code="FIRST_FULL",
            text=f"{asked.name} was asked for, but the spare pool has no FULL of the task, and"
            " builds on nothing else: makes one",
            short="No base: made a FULL, the first in the spare pool",
        )
    if has_full_otherwise_encrypted(view, job):
        return Remark(
            level=Level.WARNING,
            code="CHAIN_LOST",
            text=f"{asked.name} was asked for, but the last backups of the task are not encrypted"
            f" as the pool {job.pool} asks for now: makes a FULL",
            short="No base: made a FULL, the encryption of the pool has changed",
        )
    return Remark(
        level=Level.INFO,
        code="FIRST_FULL",
        text=f"{asked.name} was asked for, but the task has no FULL of this client yet: makes one",
        short="No base: made a FULL, the first of this task",
    )
