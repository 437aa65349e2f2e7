"""LocationService: the identity, and the stream of a location's state."""

import contextlib
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.adapters.identity import Identity
from server_agent.domain.access import Role
from server_agent.domain.jobs import Phase, Progress
from server_agent.domain.topology import Access, Client, Task
from server_agent.rpc.watch import PART_BYTES, PART_OBJECTS, Pace
from sesam_api.v1 import access_pb2, jobs_pb2
from tests.agent.service.rig import START
from tests.agent.service.steered import DONE, Gate
from tests.rpc.agent.rig import LOCATION_ID, AgentRig, refusal_of

WATCH = "LocationService/Watch"


def snapshot_of(answers: Iterator[Any]) -> list[Any]:
    """The responses up to the end of the snapshot."""
    parts = []
    for answer in answers:
        assert answer.WhichOneof("event") == "snapshot"
        parts.append(answer)
        if answer.snapshot.complete:
            return parts
    raise AssertionError("the snapshot has no end")


def changes_of(answers: Iterator[Any], last_client: str) -> tuple[list[str], int]:
    """Names of changed clients up to one of them, and the revision then."""
    names: list[str] = []
    for answer in answers:
        names += [change.client.name for change in answer.changes.changes]
        if last_client in names:
            return names, answer.revision
    raise AssertionError("the stream ended")


def job_of(answer: Any) -> Any:
    """The last job that a message of changes tells of; an empty one without any."""
    jobs = [change.job for change in answer.changes.changes if change.HasField("job")]
    return jobs[-1] if jobs else jobs_pb2.Job()


def newest_revision(agent: AgentRig) -> int:
    with agent.catalogue.read() as view:
        return view.revision()


def add_client(agent: AgentRig, name: str) -> None:
    agent.local.call("TopologyService/CreateClient", name=name)


def test_the_identity(agent: AgentRig) -> None:
    answer = agent.enrolled(Role.BACKUP).call("LocationService/GetLocation")
    location = answer.location
    assert (location.location_id, location.name, location.host) == (LOCATION_ID, "Alpha", "fs-01")
    assert (location.version, location.time_zone) == ("1.2.3", "Europe/Berlin")
    assert location.start_time.ToDatetime().isoformat() == START.replace(tzinfo=None).isoformat()
    assert "backup.inc" in location.capabilities
    assert answer.role == access_pb2.ROLE_BACKUP
    assert answer.agent_time == location.start_time


def test_a_snapshot_and_then_changes(agent: AgentRig) -> None:
    agent.add_task()
    ended = agent.backed_up()
    with agent.enrolled(Role.MONITOR).stream(WATCH) as answers:
        [response] = snapshot_of(answers)
        snapshot = response.snapshot
        assert (snapshot.first, snapshot.complete, snapshot.role) == (
            True,
            True,
            access_pb2.ROLE_MONITOR,
        )
        assert snapshot.location.location_id == LOCATION_ID
        assert [client.name for client in snapshot.clients] == ["host"]
        assert [task.name for task in snapshot.tasks] == ["docs"]
        assert list(snapshot.jobs) == [ended]
        assert response.agent_time.seconds == int(START.timestamp())
        add_client(agent, "second")
        answer = next(answers)
        assert answer.revision == response.revision + 1
        assert [change.client.name for change in answer.changes.changes] == ["second"]
        agent.local.call("TopologyService/DeleteClient", name="second")
        [change] = next(answers).changes.changes
        assert change.removed_client == "second"
        agent.local.call("TaskService/DeleteTask", name="docs")
        task, job = next(answers).changes.changes
        assert (task.removed_task, job.removed_job) == ("docs", ended.job_id)


def test_a_large_snapshot_comes_in_parts(agent: AgentRig) -> None:
    with agent.catalogue.write() as tx:
        for number in range(2500):
            tx.put_client(client_of(f"c{number:04}"))
    with agent.local.stream(WATCH) as answers:
        parts = snapshot_of(answers)
    assert [len(part.snapshot.clients) for part in parts] == [1000, 1000, 500]
    assert [part.snapshot.first for part in parts] == [True, False, False]
    assert [part.snapshot.HasField("location") for part in parts] == [True, False, False]
    assert [part.revision for part in parts] == [0, 0, newest_revision(agent)]


def test_a_part_is_not_larger_than_a_client_takes(agent: AgentRig) -> None:
    sources = (b"/" + b"x" * (PART_BYTES // 4),)
    with agent.catalogue.write() as tx:
        tx.put_client(client_of("host"))
        for number in range(20):
            tx.put_task(Task(f"t{number}", "host", sources, (), "", START, 1))
    with agent.local.stream(WATCH) as answers:
        parts = snapshot_of(answers)
        assert len(parts) > 4
        assert max(part.ByteSize() for part in parts) < 2 * PART_BYTES
        epoch = parts[0].snapshot.epoch
    with agent.local.stream(
        WATCH, after_revision=0, location_id=LOCATION_ID, epoch=epoch
    ) as answers:
        resumed = list(itertools.takewhile(lambda answer: answer.revision == 0, answers))
        assert sum(len(answer.changes.changes) for answer in resumed) > 10
        assert all(answer.changes.more for answer in resumed)


def test_the_last_of_what_was_missed_says_that_it_is_the_last(agent: AgentRig) -> None:
    with agent.local.stream(WATCH) as answers:
        [begun] = snapshot_of(answers)
    with agent.catalogue.write() as tx:
        for number in range(PART_OBJECTS + 1):
            tx.put_client(client_of(f"c{number:04}"))
    with agent.local.stream(
        WATCH,
        after_revision=begun.revision,
        location_id=LOCATION_ID,
        epoch=begun.snapshot.epoch,
    ) as answers:
        parts = list(itertools.islice(answers, 2))
    assert [part.changes.more for part in parts] == [True, False]
    assert [part.revision for part in parts] == [begun.revision, newest_revision(agent)]


def client_of(name: str) -> Client:
    return Client(name, Access.LOCAL, "", START, 1)


def test_one_that_comes_back_gets_what_it_missed(agent: AgentRig) -> None:
    with agent.local.stream(WATCH) as answers:
        [begun] = snapshot_of(answers)
        revision, epoch = begun.revision, begun.snapshot.epoch
    for name in ("a", "b"):
        add_client(agent, name)
    with agent.local.stream(
        WATCH, after_revision=revision, location_id=LOCATION_ID, epoch=epoch
    ) as answers:
        first = next(answers)
        assert first.WhichOneof("event") == "changes"
        kinds = [change.WhichOneof("object") for change in first.changes.changes]
        assert kinds == ["location", "client", "client"]
        assert first.revision == revision + 2
        add_client(agent, "c")
        assert changes_of(answers, "c") == (["c"], revision + 3)


@pytest.mark.parametrize(
    ("ahead", "location_id", "epoch"),
    [
        (-2, LOCATION_ID, ""),
        (96, LOCATION_ID, ""),
        (0, "another", ""),
        (0, "", ""),
        (0, LOCATION_ID, "another"),
    ],
)
def test_one_that_the_log_cannot_help_gets_a_snapshot(
    agent: AgentRig, ahead: int, location_id: str, epoch: str
) -> None:
    for name in "abc":
        add_client(agent, name)
    with agent.catalogue.write() as tx:
        tx.trim(1, START)
    with agent.local.stream(WATCH) as answers:
        epoch = epoch or snapshot_of(answers)[0].snapshot.epoch
    with agent.local.stream(
        WATCH,
        after_revision=newest_revision(agent) + ahead,
        location_id=location_id,
        epoch=epoch,
    ) as answers:
        [response] = snapshot_of(answers)
    assert (response.snapshot.first, response.revision) == (True, newest_revision(agent))


def test_a_catalogue_that_was_put_back_is_told_anew(short_path: Path, identity: Identity) -> None:
    """Its revisions are counted a second time, for other changes."""
    file = short_path / "sesam_db.sdb"
    SqlCatalogue(f"sqlite:///{file}", create=True).close()
    copy = file.read_bytes()
    with agent_of(short_path, identity, file) as agent:
        add_client(agent, "lost")
        with agent.local.stream(WATCH) as answers:
            [begun] = snapshot_of(answers)
    file.write_bytes(copy)
    with agent_of(short_path, identity, file) as agent:
        for name in ("one", "two"):
            add_client(agent, name)
        known = begun.snapshot
        with agent.local.stream(
            WATCH,
            after_revision=begun.revision,
            location_id=known.location.location_id,
            epoch=known.epoch,
        ) as answers:
            [again] = snapshot_of(answers)
    assert [client.name for client in again.snapshot.clients] == ["one", "two"]
    assert again.snapshot.epoch not in ("", known.epoch)


@contextlib.contextmanager
def agent_of(directory: Path, identity: Identity, file: Path) -> Iterator[AgentRig]:
    with (
        contextlib.closing(SqlCatalogue(f"sqlite:///{file}")) as catalogue,
        AgentRig(directory, identity, catalogue) as agent,
    ):
        yield agent


def test_nothing_is_lost_while_others_write(agent: AgentRig) -> None:
    total = 60

    def write() -> None:
        for number in range(total):
            add_client(agent, f"c{number:03}")

    writer = threading.Thread(target=write)
    writer.start()
    seen: set[str] = set()
    revisions: list[int] = []
    with agent.caller(None, unix=True).stream(WATCH) as answers:
        for answer in answers:
            seen |= {client.name for client in answer.snapshot.clients}
            seen |= {change.client.name for change in answer.changes.changes}
            revisions.append(answer.revision)
            if len(seen) == total:
                break
    writer.join()
    assert revisions == sorted(revisions)
    assert revisions[-1] == newest_revision(agent)


def test_changes_are_sent_at_a_pace_and_only_the_newest(
    short_path: Path, identity: Identity
) -> None:
    with AgentRig(short_path, identity, pace=Pace(interval=0.3, heartbeat=30)) as agent:
        agent.add_task()
        with agent.local.stream(WATCH) as answers:
            snapshot_of(answers)
            for number in range(30):
                etag = agent.local.call("TaskService/ListTasks").tasks[0].etag
                agent.local.call(
                    "TaskService/UpdateTask",
                    name="docs",
                    etag=etag,
                    sources=[b"/srv"],
                    comment=f"{number}",
                )
            comments = []
            while not comments or comments[-1] != "29":
                answer = next(answers)
                [change] = answer.changes.changes
                comments.append(change.task.comment)
    assert len(comments) <= 5


def test_progress_is_sent_and_then_the_end(agent: AgentRig) -> None:
    agent.add_task()
    gate = Gate()
    agent.engine.scripts.append([Progress(Phase.SCAN, files_done=7), gate, DONE])
    with agent.local.stream(WATCH) as answers:
        snapshot_of(answers)
        agent.start_backup()
        gate.wait_until_reached()
        for answer in answers:
            job = job_of(answer)
            if job.HasField("progress"):
                break
        assert (job.state, job.progress.files_done) == (jobs_pb2.JOB_STATE_ACTIVE, 7)
        gate.open()
        last = next(answers)
        assert job_of(last).state == jobs_pb2.JOB_STATE_OK
        assert last.revision > answer.revision


def test_silence_is_filled_with_heartbeats(short_path: Path, identity: Identity) -> None:
    with AgentRig(short_path, identity, pace=Pace(interval=0.01, heartbeat=0.05)) as agent:
        with agent.local.stream(WATCH) as answers:
            revision = snapshot_of(answers)[-1].revision
            beats = [next(answers) for _ in range(3)]
            add_client(agent, "a")
            names, newer = changes_of_beating(answers)
        assert {beat.WhichOneof("event") for beat in beats} == {"heartbeat"}
        assert {beat.revision for beat in beats} == {revision}
        assert all(beat.HasField("agent_time") for beat in beats)
        assert (names, newer) == (["a"], revision + 1)


def changes_of_beating(answers: Iterator[Any]) -> tuple[list[str], int]:
    quick = (answer for answer in answers if answer.WhichOneof("event") == "changes")
    return changes_of(quick, "a")


def test_a_revoked_credential_ends_its_streams_and_no_others(agent: AgentRig) -> None:
    agent.add_task()
    gate = Gate()
    agent.engine.scripts.append([gate, DONE])
    job_id = agent.start_backup()
    gate.wait_until_reached()
    caller = agent.enrolled(Role.MONITOR)
    [given] = agent.local.call("AccessService/ListCredentials").credentials
    with (
        caller.stream(WATCH) as location,
        caller.stream("JobService/WatchJob", job_id=job_id) as job,
        agent.local.stream(WATCH) as other,
    ):
        snapshot_of(location)
        snapshot_of(other)
        next(job)
        agent.local.call("AccessService/RevokeCredential", credential_id=given.credential_id)
        for stream in (location, job):
            with pytest.raises(grpc.RpcError) as caught:
                list(stream)
            assert refusal_of(caught.value).reason == "NOT_AUTHENTICATED"
        add_client(agent, "a")
        assert changes_of(other, "a")[0] == ["a"]
    gate.open()
    agent.ended(job_id)


def test_a_reader_that_takes_nothing_is_sent_away(short_path: Path, identity: Identity) -> None:
    with AgentRig(short_path, identity, write_seconds=0.1) as agent:
        agent.add_task()
        with agent.local.stream(WATCH) as answers:
            next(answers)
            filled = fill_until_stuck(agent)
            with pytest.raises(grpc.RpcError) as caught:
                list(answers)
        refusal = refusal_of(caught.value)
        assert (refusal.code, refusal.reason) == (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "WATCH_OVERFLOW",
        )
        assert filled > 1


def fill_until_stuck(agent: AgentRig) -> int:
    """Changes a large task until the stream of a watcher that does not read has been ended."""
    number = 0
    while True:
        number += 1
        etag = agent.local.call("TaskService/ListTasks").tasks[0].etag
        sources = [b"/" + b"x" * 4000 + b"%d.%d" % (number, part) for part in range(200)]
        agent.local.call("TaskService/UpdateTask", name="docs", etag=etag, sources=sources)
        if agent.watchers() == 0:
            return number
        assert number < 2000


def test_a_watcher_far_behind_is_sent_away(short_path: Path, identity: Identity) -> None:
    with AgentRig(short_path, identity, pace=Pace(interval=0.2, heartbeat=30)) as agent:
        with agent.local.stream(WATCH) as answers:
            snapshot_of(answers)
            with agent.catalogue.write() as tx:
                for name in "abcdef":
                    tx.put_client(client_of(name))
                tx.trim(2, START)
            add_client(agent, "g")
            with pytest.raises(grpc.RpcError) as caught:
                list(answers)
        assert refusal_of(caught.value).reason == "WATCH_OVERFLOW"


def test_an_agent_that_stops_tells_its_watchers_the_last_changes(agent: AgentRig) -> None:
    agent.add_task()
    gate = Gate()
    agent.engine.scripts.append([gate, DONE])
    agent.start_backup()
    gate.wait_until_reached()
    with agent.local.stream(WATCH) as answers:
        snapshot_of(answers)
        agent.begin_to_stop()
        jobs = []
        with pytest.raises(grpc.RpcError) as caught:
            jobs.extend(job_of(answer) for answer in answers if job_of(answer).job_id)
    assert refusal_of(caught.value).reason == "SHUTTING_DOWN"
    assert jobs[-1].state == jobs_pb2.JOB_STATE_BROKEN


def test_a_watcher_that_leaves_is_forgotten(agent: AgentRig) -> None:
    with agent.local.stream(WATCH) as answers:
        snapshot_of(answers)
        assert agent.watchers() == 1
    for number in itertools.count():
        if agent.watchers() == 0:
            break
        # Each change lets the agent notice that nobody reads any more.
        add_client(agent, f"c{number}")
        assert number < 2000
