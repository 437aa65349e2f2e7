"""Writes of the catalogue inside one transaction."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from server_agent.adapters.catalogue.history_transaction import SqlHistoryTransaction
from server_agent.adapters.catalogue.job_sums import JobSums
from server_agent.adapters.catalogue.job_text import words_of
from server_agent.adapters.catalogue.records import number_of, values_of
from server_agent.adapters.catalogue.schema import (
    answers,
    change_log,
    clients,
    credentials,
    jobs,
    log_state,
    savesets,
    tasks,
    tokens,
)
from server_agent.adapters.catalogue.view import SqlView
from server_agent.domain.access import Credential, Token
from server_agent.domain.errors import (
    AlreadyExists,
    ClientInUse,
    ClientNotFound,
    JobNotFound,
    RequestIdReused,
    SavesetNotFound,
)
from server_agent.domain.jobs import Job
from server_agent.domain.savesets import Saveset
from server_agent.domain.topology import Client, Task
from server_agent.ports import Answer, ObjectKey, ObjectKind

_MICROSECOND = timedelta(microseconds=1)
_TASKS_TO_NAME = 10  # of those that keep a client from being removed


def _search(*texts: str) -> str:
    return "\n".join(texts).casefold()


def _job_values(job: Job) -> dict[str, Any]:
    duration = 0
    if job.start_time is not None and job.end_time is not None:
        # A clock that was set back must not make it negative.
        duration = max(0, (job.end_time - job.start_time) // _MICROSECOND)
    values = values_of(job)
    del values["id"]
    return {**values, "duration": duration, "search": words_of(job.saveset, job.message)}


class SqlTransaction(SqlView, SqlHistoryTransaction):
    """The `CatalogueTransaction` port."""

    def put_client(self, client: Client) -> None:
        self._put(clients, clients.c.name, values_of(client))
        self._changed(ObjectKey(ObjectKind.CLIENT, client.name))

    def remove_client(self, name: str) -> None:
        named = sa.select(tasks.c.name).where(tasks.c.client == name).order_by(tasks.c.name)
        in_use = self._connection.scalars(named.limit(_TASKS_TO_NAME)).all()
        if in_use:
            raise ClientInUse(client=name, tasks=", ".join(in_use))
        self._connection.execute(clients.delete().where(clients.c.name == name))
        self._changed(ObjectKey(ObjectKind.CLIENT, name))

    def put_task(self, task: Task) -> None:
        if self.client(task.client) is None:
            raise ClientNotFound(client=task.client)
        self._put(tasks, tasks.c.name, values_of(task))
        self._changed(ObjectKey(ObjectKind.TASK, task.name))

    def remove_task(self, name: str) -> None:
        self._connection.execute(tasks.delete().where(tasks.c.name == name))
        self._changed(ObjectKey(ObjectKind.TASK, name))

    def add_job(self, job: Job) -> Job:
        self._sums = JobSums(self._connection)
        insert = jobs.insert().values(_job_values(job)).returning(jobs.c.id)
        added = replace(job, id=str(self._connection.execute(insert).scalar_one()))
        self._changed(ObjectKey(ObjectKind.JOB, added.id))
        return added

    def add_past_job(self, job: Job) -> None:
        self._sums = JobSums(self._connection)
        number = number_of(job.id)
        if number is None or self.job(job.id) is not None:
            raise AlreadyExists(kind="job", name=job.id)
        self._connection.execute(jobs.insert().values(id=number, **_job_values(job)))
        self._changed(ObjectKey(ObjectKind.JOB, job.id))

    def put_job(self, job: Job) -> None:
        self._sums = JobSums(self._connection)
        number = number_of(job.id)
        update = jobs.update().where(jobs.c.id == number).values(_job_values(job))
        if number is None or self._connection.execute(update).rowcount == 0:
            raise JobNotFound(job=job.id)
        self._changed(ObjectKey(ObjectKind.JOB, job.id))

    def add_saveset(self, saveset: Saveset) -> None:
        if self.saveset(saveset.name) is not None:
            raise AlreadyExists(kind="saveset", name=saveset.name)
        if saveset.base is not None and self.saveset(saveset.base) is None:
            raise SavesetNotFound(saveset=saveset.base)
        search = _search(saveset.name, saveset.task, saveset.client)
        self._connection.execute(savesets.insert().values(**values_of(saveset), search=search))

    def set_missing(self, names: Iterable[str], missing: bool, lacks_listing: bool = False) -> None:
        wanted = [{"wanted": name} for name in names]
        if wanted:
            named = savesets.update().where(savesets.c.name == sa.bindparam("wanted"))
            values = {"missing": missing, "lacks_listing": lacks_listing}
            self._connection.execute(named.values(values), wanted)

    def set_damage(self, name: str, damage: str) -> None:
        self._connection.execute(
            savesets.update()
            .where(savesets.c.name == name, savesets.c.damage == "")
            .values(damage=damage)
        )

    def put_token(self, token: Token) -> None:
        self._put(tokens, tokens.c.digest, values_of(token))

    def put_credential(self, credential: Credential) -> None:
        values = {**values_of(credential), "search": _search(credential.holder)}
        self._put(credentials, credentials.c.id, values)

    def touch(self, key: ObjectKey) -> None:
        self._changed(key)

    def remember_answer(self, request_id: str, answer: Answer, now: datetime) -> None:
        before = self.answered(request_id)
        if before is not None:
            raise RequestIdReused(method=before.method)
        values = values_of(answer)
        self._connection.execute(
            answers.insert().values(request_id=request_id, answer_time=now, **values)
        )

    def trim(self, changes: int, answered_before: datetime) -> None:
        newest_lost = self._connection.scalar(
            sa.select(change_log.c.revision)
            .order_by(change_log.c.revision.desc())
            .offset(changes)
            .limit(1)
        )
        if newest_lost is not None:
            self._connection.execute(
                change_log.delete().where(change_log.c.revision <= newest_lost)
            )
            self._connection.execute(log_state.update().values(forgotten=newest_lost))
        self._connection.execute(answers.delete().where(answers.c.answer_time < answered_before))
