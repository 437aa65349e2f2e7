"""What every catalogue does with single records, and with repeats of requests."""

from dataclasses import replace
from datetime import timedelta

import pytest

from server_agent.domain.access import Role, Scope
from server_agent.domain.errors import (
    AlreadyExists,
    ClientInUse,
    ClientNotFound,
    JobNotFound,
    RequestIdReused,
    SavesetNotFound,
)
from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.domain.savesets import BackupType, SavesetState, chain_of
from server_agent.ports import Answer, Catalogue, ChangesSince, ObjectKey, ObjectKind, SavesetQuery
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


# --- clients and tasks ----------------------------------------------------------------------------


def test_empty(catalogue: Catalogue) -> None:
    with catalogue.read() as view:
        assert view.revision() == 0
        assert view.changes_since(0) == ChangesSince(0, ())
        assert (view.clients(), view.tasks(), view.open_jobs()) == ([], [], [])
        assert view.newest_ended_backups() == []
        assert view.saveset_names() == frozenset()
        assert view.savesets(SavesetQuery(), None, 10).items == ()
        assert list(view.savesets_of_task("home")) == []
        assert view.bases("SF20260301120000123@abcdefghijk") == {}


def test_clients_are_added_replaced_and_removed(catalogue: Catalogue) -> None:
    beta = replace(CLIENT, name="beta")
    with catalogue.write() as writer:
        writer.put_client(beta)
        writer.put_client(CLIENT)
    with catalogue.write() as writer:
        writer.put_client(replace(CLIENT, comment="Büro", version=2))
    with catalogue.read() as view:
        assert repr(view.client("alpha")) == repr(replace(CLIENT, comment="Büro", version=2))
        assert [client.name for client in view.clients()] == ["alpha", "beta"]
        assert view.client("ALPHA") is None
    with catalogue.write() as writer:
        writer.remove_client("alpha")
    with catalogue.read() as view:
        assert view.client("alpha") is None
        assert view.clients() == [beta]


def test_a_task_keeps_every_byte_of_its_sources(catalogue: Catalogue) -> None:
    task = replace(
        TASK,
        sources=(b"/srv/\xff\xfe\n\x01", "/srv/ä".encode(), b"/"),
        excludes=("*.tmp", "ü b/*", "line\nbreak"),
        comment="two\nlines",
    )
    with catalogue.write() as writer:
        writer.put_client(CLIENT)
        writer.put_task(task)
    with catalogue.read() as view:
        assert view.task("home") == task
        assert view.tasks() == [task]
    with catalogue.write() as writer:
        writer.put_task(replace(task, excludes=(), version=2))
    with catalogue.read() as view:
        assert view.task("home") == replace(task, excludes=(), version=2)


def test_tasks_come_by_name_and_go(catalogue: Catalogue) -> None:
    put_client_and_tasks(catalogue, "b", "a", "Z")
    with catalogue.write() as writer:
        writer.remove_task("a")
    with catalogue.read() as view:
        assert [task.name for task in view.tasks()] == ["Z", "b"]
        assert view.task("a") is None


def test_a_task_needs_its_client(catalogue: Catalogue) -> None:
    with pytest.raises(ClientNotFound) as refused, catalogue.write() as writer:
        writer.put_task(TASK)
    assert refused.value.metadata == {"client": "alpha"}
    put_client_and_tasks(catalogue, "home")
    with pytest.raises(ClientInUse) as used, catalogue.write() as writer:
        writer.remove_client("alpha")
    assert used.value.metadata == {"client": "alpha", "tasks": "home"}
    with catalogue.read() as view:
        assert view.client("alpha") == CLIENT


# --- jobs -----------------------------------------------------------------------------------------


def test_jobs_get_ids_that_count_up(catalogue: Catalogue) -> None:
    first, second = add_jobs(catalogue, replace(JOB, id="77"), JOB)
    assert (first.id, second.id) == ("1", "2")
    assert first == replace(JOB, id="1")
    with catalogue.read() as view:
        assert view.job("1") == first
        assert view.job("2") == second


@pytest.mark.parametrize(
    "job_id", ["", "0", "3", "01", "+1", "-1", " 1", "1 ", "1_0", "a", "١", "9" * 40, "1.0"]
)
def test_no_job_has_another_id(catalogue: Catalogue, job_id: str) -> None:
    add_jobs(catalogue, JOB)
    with catalogue.read() as view:
        assert view.job(job_id) is None
    with pytest.raises(JobNotFound), catalogue.write() as writer:
        writer.put_job(replace(JOB, id=job_id))


def test_a_job_keeps_every_field(catalogue: Catalogue) -> None:
    [added] = add_jobs(catalogue, JOB)
    whole = replace(
        added,
        kind=JobKind.RESTORE,
        state=JobState.WARNING,
        requested_type=BackupType.DIFF,
        type=BackupType.COPY,
        saveset=SAVESET.name,
        start_time=START + HOUR,
        end_time=START + 2 * HOUR,
        files=2**40,
        bytes_done=2**62,
        stored_bytes=5,
        skipped=6,
        message="2 files could not be read",
        started_by="desk",
        paths=(b"/srv/\xff", b"/new\nline"),
        target=b"/tmp/\xfe",
    )
    with catalogue.write() as writer:
        writer.put_job(whole)
        assert writer.job("1") == whole
    with catalogue.read() as view:
        assert view.job("1") == whole
        assert repr(view.job("1")) == repr(whole)  # a text would be equal to its enum


def test_open_jobs(catalogue: Catalogue) -> None:
    add_jobs(catalogue, *(replace(JOB, state=state) for state in reversed(JobState)))
    with catalogue.read() as view:
        found = [(job.id, job.state) for job in view.open_jobs()]
    assert found == [("6", JobState.ACTIVE), ("7", JobState.QUEUED)]


def test_an_undone_job_gives_its_id_to_the_next(catalogue: Catalogue) -> None:
    def add_and_fail() -> None:
        with catalogue.write() as writer:
            writer.add_job(JOB)
            raise ValueError("undo")

    with pytest.raises(ValueError, match="undo"):
        add_and_fail()
    assert add_jobs(catalogue, JOB)[0].id == "1"


def test_newest_ended_backups(catalogue: Catalogue) -> None:
    put_client_and_tasks(catalogue, "home", "etc", "new")
    ended = replace(JOB, state=JobState.OK, start_time=START)
    add_jobs(
        catalogue,
        replace(ended, end_time=START + 3 * HOUR),
        replace(ended, end_time=START + 2 * HOUR),  # after the clock was set back
        replace(ended, end_time=START + 4 * HOUR, kind=JobKind.RESTORE),
        replace(JOB, state=JobState.ACTIVE, start_time=START),
        JOB,
        replace(ended, task="etc", end_time=START + HOUR, state=JobState.ERROR),
        replace(ended, task="etc", end_time=START + HOUR, state=JobState.CANCELLED),
        replace(ended, task="gone", end_time=START + HOUR),
        replace(JOB, task="new"),
        replace(JOB, state=JobState.CANCELLED, end_time=START + 9 * HOUR),  # never started
    )
    with catalogue.read() as view:
        assert [(job.task, job.id) for job in view.newest_ended_backups()] == [
            ("etc", "7"),
            ("home", "2"),
        ]
    with catalogue.write() as writer:
        writer.remove_task("etc")
        assert [job.id for job in writer.newest_ended_backups()] == ["2"]


# --- savesets -------------------------------------------------------------------------------------


def test_a_saveset_keeps_every_field(catalogue: Catalogue) -> None:
    saveset = replace(
        SAVESET,
        sources=(b"/srv/\xff", b"/home"),
        state=SavesetState.WARNING,
        skipped=3,
        bytes_read=2**50,
        listed_bytes=2**51,
    )
    with catalogue.write() as writer:
        writer.add_saveset(saveset)
    with catalogue.read() as view:
        assert repr(view.saveset(saveset.name)) == repr(saveset)
        assert view.saveset(saveset.name.lower()) is None
        assert view.saveset_names() == {saveset.name}


def test_a_saveset_is_added_once_and_after_its_base(catalogue: Catalogue) -> None:
    with catalogue.write() as writer:
        writer.add_saveset(SAVESET)
    with pytest.raises(AlreadyExists), catalogue.write() as writer:
        writer.add_saveset(replace(SAVESET, files=9))
    with pytest.raises(SavesetNotFound), catalogue.write() as writer:
        writer.add_saveset(replace(SAVESET, name="SI1", base="SF0"))
    with pytest.raises(SavesetNotFound), catalogue.write() as writer:
        writer.add_saveset(replace(SAVESET, name="SI1", base="SI1"))
    with catalogue.read() as view:
        assert view.saveset_names() == {SAVESET.name}
        assert view.saveset(SAVESET.name) == SAVESET


def test_chains(catalogue: Catalogue) -> None:
    with catalogue.write() as writer:
        for number in range(200):
            base = f"S{number - 1}" if number else None
            start = START - number * HOUR  # the order is that of the jobs
            saveset = replace(SAVESET, name=f"S{number}", base=base, start_time=start)
            writer.add_saveset(replace(saveset, job_id=str(number + 1)))
        writer.add_saveset(replace(SAVESET, name="other", task="etc"))
    with catalogue.read() as view:
        assert view.bases("S2") == {"S2": "S1", "S1": "S0", "S0": None}
        assert chain_of("S199", view.bases("S199"))[-1] == "S0"
        assert len(view.bases("S199")) == 200
        assert view.bases("missing") == {}
        newest_first = [saveset.name for saveset in view.savesets_of_task("home")]
        assert newest_first == [f"S{number}" for number in reversed(range(200))]
        assert next(iter(view.savesets_of_task("etc"))).name == "other"


# --- tokens, credentials, repeats -----------------------------------------------------------------


def test_tokens(catalogue: Catalogue) -> None:
    scope = Scope(("a*", "b\n"), (), ("DISK",), ("é",))
    used = replace(
        TOKEN,
        used_time=START + HOUR,
        scope=scope,
        uses=3,
        used=2,
        credential_life=HOUR,
        comment="for the night",
        made_by="local",
        revoke_time=START + HOUR,
    )
    with catalogue.write() as writer:
        writer.put_token(TOKEN)
        writer.put_token(replace(TOKEN, id="t2", digest=b"other", role=Role.ADMIN))
    with catalogue.write() as writer:
        assert writer.token(TOKEN.digest) == TOKEN
        writer.put_token(used)
    with catalogue.read() as view:
        assert repr(view.token(TOKEN.digest)) == repr(used)
        assert view.token(b"") is None
        assert view.token_by_id(TOKEN.id) == used
        assert view.token_by_id("T1") is None


def test_credentials(catalogue: Catalogue) -> None:
    revoked = replace(
        CREDENTIAL,
        revoke_time=START + HOUR,
        last_used_time=START,
        scope=Scope(tasks=("home",)),
        expire_time=START + HOUR,
        last_address="ipv4:127.0.0.1",
    )
    with catalogue.write() as writer:
        writer.put_credential(CREDENTIAL)
    with catalogue.write() as writer:
        assert writer.credential(CREDENTIAL.digest) == CREDENTIAL
        writer.put_credential(revoked)
    with catalogue.read() as view:
        assert repr(view.credential(CREDENTIAL.digest)) == repr(revoked)
        assert view.credential_by_id("c1") == revoked
        assert view.credential(b"other") is None
        assert view.credential_by_id("C1") is None
        assert view.credentials("", True, None, 10).items == (revoked,)


def test_answers_are_remembered_once(catalogue: Catalogue) -> None:
    with catalogue.write() as writer:
        writer.remember_answer("r1", Answer("StartBackup", "7", b"\0digest"), START)
    with catalogue.read() as view:
        assert view.answered("r1") == Answer("StartBackup", "7", b"\0digest")
        assert view.answered("r2") is None
    with pytest.raises(RequestIdReused) as reused, catalogue.write() as writer:
        writer.remember_answer("r1", Answer("CancelJob", "8"), START)
    assert reused.value.metadata == {"method": "StartBackup"}
    with catalogue.read() as view:
        assert view.answered("r1") == Answer("StartBackup", "7", b"\0digest")
