"""What every catalogue does with its change log, and with a transaction that fails."""

from dataclasses import replace
from datetime import timedelta

import pytest

from server_agent.domain.jobs import Job, JobState
from server_agent.ports import Answer, Catalogue, ChangesSince, ObjectKey, ObjectKind
from tests.fakes.records import CLIENT, CREDENTIAL, JOB, SAVESET, START, TASK, TOKEN

HOUR = timedelta(hours=1)


def key(kind: ObjectKind, item_id: str) -> ObjectKey:
    return ObjectKey(kind, item_id)


def put_client_and_tasks(catalogue: Catalogue, *names: str) -> None:
    with catalogue.write() as writer:
        writer.put_client(CLIENT)
        for name in names:
            writer.put_task(replace(TASK, name=name))


def add_jobs(catalogue: Catalogue, *jobs: Job) -> list[Job]:
    with catalogue.write() as writer:
        return [writer.add_job(job) for job in jobs]


# --- change log -----------------------------------------------------------------------------------


def test_every_write_of_a_watched_object_is_a_change(catalogue: Catalogue) -> None:
    put_client_and_tasks(catalogue, "home")
    [job] = add_jobs(catalogue, JOB)
    with catalogue.write() as writer:
        writer.add_saveset(SAVESET)
        writer.put_token(TOKEN)
        writer.put_credential(CREDENTIAL)
        writer.remember_answer("r1", Answer("m", "s"), START)
    with catalogue.read() as view:
        assert view.revision() == 3
        assert view.changes_since(0) == ChangesSince(
            3,
            (
                key(ObjectKind.CLIENT, "alpha"),
                key(ObjectKind.TASK, "home"),
                key(ObjectKind.JOB, "1"),
            ),
        )
    with catalogue.write() as writer:
        writer.put_client(replace(CLIENT, version=2))
        writer.put_job(replace(job, state=JobState.ACTIVE))
        writer.remove_task("home")
        writer.remove_client("alpha")
        assert writer.revision() == 7
    with catalogue.read() as view:
        assert view.changes_since(3) == ChangesSince(
            7,
            (
                key(ObjectKind.JOB, "1"),
                key(ObjectKind.TASK, "home"),
                key(ObjectKind.CLIENT, "alpha"),
            ),
        )
        assert view.changes_since(6).keys == (key(ObjectKind.CLIENT, "alpha"),)
        assert view.changes_since(7) == ChangesSince(7, ())


def test_a_revision_ahead_or_too_old_has_no_changes(catalogue: Catalogue) -> None:
    put_client_and_tasks(catalogue, "a", "b", "c")  # revisions 1 to 4
    with catalogue.write() as writer:
        writer.trim(2, START)
    with catalogue.read() as view:
        assert view.revision() == 4
        assert view.changes_since(5) == ChangesSince(4, None)
        assert view.changes_since(1) == ChangesSince(4, None)
        assert view.changes_since(-1) == ChangesSince(4, None)
        assert view.changes_since(2).keys == (key(ObjectKind.TASK, "b"), key(ObjectKind.TASK, "c"))
        assert view.changes_since(4).keys == ()
    with catalogue.write() as writer:
        writer.trim(0, START)
        writer.trim(5, START)
    with catalogue.read() as view:
        assert view.revision() == 4
        assert view.changes_since(3).keys is None
        assert view.changes_since(4).keys == ()


def test_trim_forgets_old_answers(catalogue: Catalogue) -> None:
    with catalogue.write() as writer:
        writer.remember_answer("old", Answer("m", "s"), START)
        writer.remember_answer("new", Answer("m", "s"), START + HOUR)
        writer.trim(10, START + HOUR)
        assert writer.answered("old") is None
        assert writer.answered("new") == Answer("m", "s")
        writer.remember_answer("old", Answer("m2", "s2"), START + HOUR)
    with catalogue.read() as view:
        assert view.answered("old") == Answer("m2", "s2")


# --- transactions ---------------------------------------------------------------------------------


def test_an_exception_undoes_the_whole_transaction(catalogue: Catalogue) -> None:
    put_client_and_tasks(catalogue, "home")
    [job] = add_jobs(catalogue, JOB)

    def write_and_fail() -> None:
        with catalogue.write() as writer:
            writer.put_client(replace(CLIENT, comment="changed"))
            writer.remove_task("home")
            writer.put_job(replace(job, state=JobState.ACTIVE))
            writer.add_job(JOB)
            writer.add_saveset(SAVESET)
            writer.put_token(TOKEN)
            writer.put_credential(CREDENTIAL)
            writer.remember_answer("r1", Answer("m", "s"), START)
            writer.trim(0, START)
            raise ValueError("undo")

    with pytest.raises(ValueError, match="undo"):
        write_and_fail()
    with catalogue.read() as view:
        assert view.clients() == [CLIENT]
        assert view.tasks() == [TASK]
        assert view.open_jobs() == [job]
        assert view.saveset_names() == frozenset()
        assert view.token(TOKEN.digest) is None
        assert view.credential(CREDENTIAL.digest) is None
        assert view.answered("r1") is None
        assert view.revision() == 3
        assert len(view.changes_since(0).keys or ()) == 3
