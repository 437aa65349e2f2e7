"""Clients and tasks."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from server_agent.domain.errors import (
    AlreadyExists,
    ChangedMeanwhile,
    ClientInUse,
    ClientNotFound,
    InvalidArgument,
    PageTokenInvalid,
    TaskInUse,
    TaskNeeded,
    TaskNotFound,
)
from server_agent.domain.events import BackupAction, Event, RestoreAction
from server_agent.domain.groups import TaskGroup
from server_agent.domain.savesets import BackupType
from server_agent.domain.topology import Client, Task
from server_agent.ports import JobQuery
from server_agent.service.collection import etag
from server_agent.service.topology import LARGEST_TASK, LONGEST_COMMENT
from tests.agent.service.rig import Rig, request

TOO_LONG = "x" * (LONGEST_COMMENT + 1)


@pytest.fixture
def site(idle_rig: Rig) -> Rig:
    """A location with the task docs, in which nothing runs."""
    idle_rig.add_task("docs")
    return idle_rig


def _docs_etag(site: Rig) -> str:
    [task] = site.tasks.list("docs", False, None, 1).items
    return etag(task)


def test_names_are_unique(site: Rig) -> None:
    with pytest.raises(AlreadyExists, match="kind=client, name=host"):
        site.clients.create(request(), Client("host"))
    with pytest.raises(AlreadyExists, match="kind=task, name=docs"):
        site.tasks.create(request(), Task("docs", "host", (b"/a",)))


def test_a_task_needs_its_client(site: Rig) -> None:
    with pytest.raises(ClientNotFound, match="client=nobody"):
        site.tasks.create(request(), Task("mail", "nobody", (b"/a",)))


def test_a_client_with_tasks_stays(site: Rig) -> None:
    with pytest.raises(ClientInUse, match="tasks=docs"):
        site.clients.delete(request(), "host", None)
    with pytest.raises(ClientNotFound):
        site.clients.delete(request(), "nobody", None)


def test_a_task_with_an_open_job_stays(site: Rig) -> None:
    job = site.start_backup()
    with pytest.raises(TaskInUse, match=f"job={job.id}"):
        site.tasks.delete(request(), "docs", None)
    site.jobs.cancel(request(), job.id)
    site.tasks.delete(request(), "docs", None)
    with pytest.raises(TaskNotFound):
        site.tasks.delete(request(), "docs", None)


def test_a_task_that_something_names_stays(site: Rig) -> None:
    now = site.clock.now()
    action = BackupAction(BackupType.FULL, task="docs")
    event = site.add_event("nightly", action)
    with site.changes.write() as tx:
        tx.put_group(TaskGroup("office", ("docs",)))
        tx.add_event(Event("", "docs", action, "", now, start_time=now + timedelta(hours=1)))
    with pytest.raises(TaskNeeded) as caught:
        site.tasks.delete(request(), "docs", None)
    assert caught.value.metadata == {
        "task": "docs",
        "users": "event docs of 2026-03-04 13:00 UTC, event nightly, group office",
    }
    site.events.delete(request(), event.name, None)
    with site.changes.write() as tx:
        tx.remove_group("office")
    site.clock.advance(timedelta(hours=2))
    site.scheduler.look()
    for live in site.jobs.find(JobQuery(), None, 9, False).jobs.items:
        site.jobs.cancel(request(), live.job.id)
    site.tasks.delete(request(), "docs", None)


def test_a_restore_event_names_its_task(site: Rig) -> None:
    site.add_event("proof", RestoreAction("docs", b"/srv/proof"))
    with pytest.raises(TaskNeeded, match="users=event proof"):
        site.tasks.delete(request(), "docs", None)


def test_a_client_is_changed(site: Rig) -> None:
    [host] = site.clients.list("", False, None, 9).items
    changed = site.clients.update(request(), Client("host", comment="new"), etag(host))
    assert (changed.comment, changed.create_time, changed.version) == ("new", host.create_time, 2)
    with pytest.raises(ChangedMeanwhile):
        site.clients.update(request(), Client("host"), etag(host))
    with pytest.raises(ClientNotFound):
        site.clients.update(request(), Client("nobody"), "")


def test_an_etag_is_good_for_one_version(site: Rig) -> None:
    [task] = site.tasks.list("", False, None, 10).items
    updated = site.tasks.update(
        request(), Task("docs", "host", (b"/b/",), ("*.o",), "new"), etag(task)
    )
    assert (updated.sources, updated.excludes, updated.comment) == ((b"/b",), ("*.o",), "new")
    assert updated.create_time == task.create_time
    for stale in (etag(task), ""):
        with pytest.raises(ChangedMeanwhile, match="kind=task, name=docs"):
            site.tasks.update(request(), Task("docs", "host", (b"/c",)), stale)
        with pytest.raises(ChangedMeanwhile):
            site.tasks.delete(request(), "docs", stale)
    site.tasks.delete(request(), "docs", etag(updated))
    with pytest.raises(TaskNotFound):
        site.tasks.update(request(), Task("docs", "host", (b"/c",)), etag(updated))


def test_an_etag_is_not_good_for_a_namesake(site: Rig) -> None:
    first = site.clients.create(request(), Client("lap"))
    site.clients.delete(request(), "lap", etag(first))
    site.clock.advance(timedelta(seconds=1))
    site.clients.create(request(), Client("lap"))
    with pytest.raises(ChangedMeanwhile, match="kind=client"):
        site.clients.delete(request(), "lap", etag(first))


@pytest.mark.parametrize(
    "act",
    [
        lambda site: site.clients.create(request(), Client("")),
        lambda site: site.clients.create(request(), Client("a\n")),
        lambda site: site.clients.create(request(), Client("a", comment=TOO_LONG)),
        lambda site: site.tasks.create(request(), Task("-a", "host", (b"/a",))),
        lambda site: site.tasks.create(request(), Task("a", "host", ())),
        lambda site: site.tasks.create(request(), Task("a", "host", (b"a",))),
        lambda site: site.tasks.create(request(), Task("a", "host", (b"/a", b"/a/b"))),
        lambda site: site.tasks.create(request(), Task("a", "host", (b"/a",), ("",))),
        lambda site: site.tasks.create(request(), Task("a", "host", (b"/" + b"a" * LARGEST_TASK,))),
        lambda site: site.tasks.update(request(), Task("docs", "host", (b"a",)), _docs_etag(site)),
    ],
)
def test_what_cannot_be_used_is_refused(site: Rig, act: Callable[[Rig], object]) -> None:
    with pytest.raises(InvalidArgument):
        act(site)


def test_lists_are_paged_by_name(site: Rig) -> None:
    for name in ("web", "Mail", "archive"):
        site.tasks.create(request(), Task(name, "host", (b"/" + name.encode(),)))
    page = site.tasks.list("", False, None, 3)
    assert [task.name for task in page.items] == ["Mail", "archive", "docs"]
    rest = site.tasks.list("", False, page.next_position, 3)
    assert ([task.name for task in rest.items], rest.next_position) == (["web"], None)
    down = site.tasks.list("", True, None, 3)
    assert [task.name for task in down.items] == ["web", "docs", "archive"]
    assert [t.name for t in site.tasks.list("", True, down.next_position, 3).items] == ["Mail"]
    assert [task.name for task in site.tasks.list("MAI", False, None, 3).items] == ["Mail"]
    assert len(site.tasks.list("HOST", False, None, 9).items) == 4
    for token in ("rubbish", "bnVsbA==", "ü", down.next_position):
        with pytest.raises(PageTokenInvalid):
            site.tasks.list("", False, token, 3)
    with pytest.raises(PageTokenInvalid):
        site.clients.list("", False, page.next_position, 3)
