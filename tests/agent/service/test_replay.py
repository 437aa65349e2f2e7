"""A request that is repeated acts once, also when the repeats arrive together."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import pytest

from server_agent.domain.access import Caller, Role
from server_agent.domain.access_errors import TokenUsed
from server_agent.domain.errors import RequestIdReused, TaskNotFound
from server_agent.domain.jobs import JobState
from server_agent.domain.topology import Client, Task
from server_agent.ports import JobQuery
from server_agent.service.access import LOCAL_CALLER
from server_agent.service.collection import etag
from tests.agent.service.rig import Rig, request

T = TypeVar("T")

RACERS = 8


def race(act: Callable[[], T]) -> list[T]:
    """What `act` answers to several threads that begin together."""
    begin = threading.Barrier(RACERS)
    answers: list[T] = []

    def run() -> None:
        begin.wait()
        answers.append(act())

    threads = [threading.Thread(target=run) for _ in range(RACERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == RACERS
    return answers


def test_clients_and_tasks_are_made_once(idle_rig: Rig) -> None:
    ask = request("CreateClient")
    first = idle_rig.clients.create(ask, Client("host"))
    assert idle_rig.clients.create(ask, Client("host")) == first
    ask = request("CreateTask")
    task = idle_rig.tasks.create(ask, Task("docs", "host", (b"/a",)))
    assert idle_rig.tasks.create(ask, Task("docs", "host", (b"/a",))) == task
    ask = request("UpdateTask")
    updated = idle_rig.tasks.update(ask, Task("docs", "host", (b"/b",)), etag(task))
    assert idle_rig.tasks.update(ask, Task("docs", "host", (b"/b",)), etag(task)) == updated
    assert updated.version == 2
    ask = request("DeleteTask")
    idle_rig.tasks.delete(ask, "docs", None)
    idle_rig.tasks.delete(ask, "docs", None)
    ask = request("DeleteClient")
    idle_rig.clients.delete(ask, "host", etag(first))
    idle_rig.clients.delete(ask, "host", etag(first))
    assert idle_rig.clients.list("", False, None, 10).items == ()


def test_a_backup_is_started_once_by_all_that_ask_together(idle_rig: Rig) -> None:
    idle_rig.add_task()
    ask = request("StartBackup")
    answers = race(lambda: [live.job.id for live in idle_rig.order(ask)])
    assert answers == [["1"]] * len(answers)
    assert len(idle_rig.jobs.find(JobQuery(), None, 10, False).jobs.items) == 1


def test_a_restore_is_started_once_by_all_that_ask_together(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    ask = request("StartRestore")
    answers = race(lambda: rig.starting.start_restore(ask, saveset, (), b"/tmp/out").job.id)
    assert len(set(answers)) == 1
    rig.ended(rig.jobs.get(str(answers[0])).job)
    assert len(rig.engine.restores) == 1


def test_a_repeat_gets_the_job_as_it_is_now(rig: Rig) -> None:
    ask = request("StartBackup")
    [queued] = rig.order(ask)
    job = rig.ended(queued.job)
    assert [live.job for live in rig.order(ask)] == [job]
    rig.runner.stop()
    assert [live.job for live in rig.order(ask)] == [job]


def test_a_repeated_cancel_of_an_ended_job_is_no_error(idle_rig: Rig) -> None:
    idle_rig.add_task()
    job = idle_rig.start_backup()
    ask = request("CancelJob")
    idle_rig.jobs.cancel(ask, job.id)
    assert idle_rig.jobs.cancel(ask, job.id).job.state is JobState.CANCELLED


def test_an_id_is_good_for_one_method(rig: Rig) -> None:
    ask = request("StartBackup")
    rig.order(ask)
    with pytest.raises(RequestIdReused, match="StartBackup"):
        rig.jobs.cancel(request("CancelJob", request_id=ask.id), "1")
    with pytest.raises(RequestIdReused):
        rig.tasks.delete(request("DeleteTask", request_id=ask.id), "docs", None)


def test_a_token_is_made_once_and_said_again(idle_rig: Rig) -> None:
    ask = request("CreateToken")
    answers = race(lambda: idle_rig.access.create_token(ask, Role.ADMIN, None))
    assert len(set(answers)) == 1


def test_a_repeated_enrolment_gets_the_same_credential(idle_rig: Rig) -> None:
    token, _ = idle_rig.access.create_token(request(), Role.BACKUP, None)
    ask = request("Enrol")
    answers = race(lambda: idle_rig.access.enrol(ask, token, "desk on host fs-01").secret)
    assert len(set(answers)) == 1
    assert len(idle_rig.access.list_credentials("", True, None, 10).items) == 1
    with pytest.raises(TokenUsed):
        idle_rig.access.enrol(request("Enrol"), token, "desk on host fs-02")


def test_of_many_that_use_a_token_together_one_gets_a_credential(idle_rig: Rig) -> None:
    token, _ = idle_rig.access.create_token(request(), Role.BACKUP, None)

    def enrol() -> bool:
        try:
            idle_rig.access.enrol(request("Enrol"), token, "desk")
        except TokenUsed:
            return False
        return True

    assert sorted(race(enrol)) == [False] * (RACERS - 1) + [True]


def test_an_enrolment_with_another_token_under_the_same_id_is_refused(idle_rig: Rig) -> None:
    first, _ = idle_rig.access.create_token(request(), Role.BACKUP, None)
    second, _ = idle_rig.access.create_token(request(), Role.ADMIN, None)
    ask = request("Enrol")
    idle_rig.access.enrol(ask, first, "desk")
    with pytest.raises(RequestIdReused):
        idle_rig.access.enrol(ask, second, "desk")


def test_a_repeat_gets_the_task_as_it_is_now_or_is_told_that_it_has_gone(idle_rig: Rig) -> None:
    idle_rig.clients.create(request(), Client("host"))
    ask = request("CreateTask")
    task = idle_rig.tasks.create(ask, Task("docs", "host", (b"/a",)))
    updated = idle_rig.tasks.update(request(), Task("docs", "host", (b"/b",)), etag(task))
    assert idle_rig.tasks.create(ask, Task("docs", "host", (b"/a",))) == updated
    idle_rig.tasks.delete(request(), "docs", None)
    with pytest.raises(TaskNotFound):
        idle_rig.tasks.create(ask, Task("docs", "host", (b"/a",)))


def test_an_id_is_good_for_one_content_and_one_caller(idle_rig: Rig) -> None:
    ask = replace(request("CreateClient"), content=b"a")
    made = idle_rig.clients.create(ask, Client("a"))
    for other in (
        replace(ask, content=b"b"),
        replace(ask, caller=Caller("another", Role.ADMIN, "2")),
        replace(ask, caller=LOCAL_CALLER),
    ):
        with pytest.raises(RequestIdReused, match="CreateClient"):
            idle_rig.clients.create(other, Client("b"))
    assert idle_rig.clients.create(ask, Client("a")) == made


def test_a_token_is_not_said_to_another_who_knows_the_id(idle_rig: Rig) -> None:
    ask = request("CreateToken")
    idle_rig.access.create_token(ask, Role.ADMIN, None)
    with pytest.raises(RequestIdReused):
        idle_rig.access.create_token(replace(ask, caller=LOCAL_CALLER), Role.ADMIN, None)
