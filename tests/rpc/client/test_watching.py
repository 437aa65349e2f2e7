"""Watching a job and a location, also over the agent's restarts."""

import pytest

from sesam_api import convert
from sesam_api.errors import (
    StillRunning,
    Unreachable,
)
from sesam_api.records import Job, Removed, Snapshot, Task
from sesam_api.v1 import (
    jobs_pb2,
    location_pb2,
)
from tests.rpc.client.conftest import requests_of


def test_waiting_outlives_a_restart_of_the_agent(agent, location):
    job = location.start_backup("docs", "FULL")
    states = []
    for now in location.watch_job(job):
        states.append(now.state)
        if now.state == "queued" and states.count("queued") == 1:
            agent.stop()
            agent.start()
        elif now.state == "queued":
            agent.location.start_job(job.id)
            agent.location.end_job(job.id, jobs_pb2.JOB_STATE_BROKEN, "The agent was stopped.")
    assert states[0] == "queued"
    assert states[-1] == "broken"


def test_waiting_ends_at_its_time_and_says_that_the_job_goes_on(location):
    job = location.start_backup("docs", "FULL")
    with pytest.raises(StillRunning, match="It goes on") as raised:
        location.wait(job, timeout=0.2)
    assert raised.value.state == "queued"


def test_waiting_gives_up_on_an_agent_that_stays_away(agent, location):
    watched = location.watch_job(location.start_backup("docs", "FULL"))
    next(watched)
    agent.stop()
    with pytest.raises(Unreachable):
        next(watched)
    agent.start()


def test_progress_has_no_totals_before_the_scan_has_ended():
    message = jobs_pb2.Job(state=jobs_pb2.JOB_STATE_ACTIVE)
    message.progress.files_done = 3
    progress = convert.job(message).progress
    assert progress is not None
    assert (progress.files_done, progress.files_total, progress.bytes_total) == (3, None, None)


def test_watching_gives_the_state_and_then_each_change(agent, location):
    watched = location.watch()
    snapshot = next(watched)
    assert isinstance(snapshot, Snapshot)
    assert [task.name for task in snapshot.tasks] == ["docs"]
    assert [client.name for client in snapshot.clients] == ["local"]
    agent.location.put_task("mail", "local", [b"/var/mail"])
    change = next(watched)
    assert isinstance(change, Task)
    assert change.name == "mail"
    location.remove_task("mail")
    assert next(watched) == Removed("task", "mail")
    job = location.start_backup("docs", "FULL")
    change = next(watched)
    assert isinstance(change, Job)
    assert change.id == job.id
    watched.close()


def test_a_job_that_is_not_watched_any_more_is_told_as_removed():
    message = location_pb2.Change(removed_job="17")
    assert convert.change(message) == Removed("job", "17")


def test_watching_goes_on_at_its_revision_after_a_break(agent, location):
    watched = location.watch()
    next(watched)
    agent.location.put_client("second")
    next(watched)
    agent.stop()
    agent.location.put_client("third")
    agent.start()
    change = next(watched)
    assert change.name == "third"
    requests = requests_of(agent, "Watch")
    assert [request.HasField("after_revision") for request in requests] == [False, True]
    watched.close()


def test_watching_begins_anew_when_the_agent_has_forgotten(agent, location):
    watched = location.watch()
    next(watched)
    agent.stop()
    agent.location.put_client("third")
    agent.location.forgotten = agent.location.revision
    agent.start()
    snapshot = next(watched)
    assert isinstance(snapshot, Snapshot)
    assert [client.name for client in snapshot.clients] == ["local", "third"]
    watched.close()


def test_watching_ends_at_its_time(location):
    assert len(list(location.watch(timeout=0.2))) == 1
