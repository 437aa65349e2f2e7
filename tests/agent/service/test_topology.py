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
    TaskNotFound,
)
from server_agent.domain.topology import Access
from server_agent.service.topology import LARGEST_TASK, LONGEST_COMMENT, Topology, etag
from tests.agent.service.rig import Rig, request


@pytest.fixture
def topology(idle_rig: Rig) -> Topology:
    idle_rig.add_task("docs")
    return idle_rig.topology


def test_names_are_unique(topology: Topology) -> None:
    with pytest.raises(AlreadyExists, match="kind=client, name=host"):
        topology.create_client(request(), "host", Access.LOCAL, "")
    with pytest.raises(AlreadyExists, match="kind=task, name=docs"):
        topology.create_task(request(), "docs", "host", (b"/a",), (), "")


def test_a_task_needs_its_client(topology: Topology) -> None:
    with pytest.raises(ClientNotFound, match="client=nobody"):
        topology.create_task(request(), "mail", "nobody", (b"/a",), (), "")


def test_a_client_with_tasks_stays(topology: Topology) -> None:
    with pytest.raises(ClientInUse, match="tasks=docs"):
        topology.delete_client(request(), "host", None)
    with pytest.raises(ClientNotFound):
        topology.delete_client(request(), "nobody", None)


def test_a_task_with_an_open_job_stays(idle_rig: Rig, topology: Topology) -> None:
    job = idle_rig.start_backup()
    with pytest.raises(TaskInUse, match=f"job={job.id}"):
        topology.delete_task(request(), "docs", None)
    idle_rig.jobs.cancel(request(), job.id)
    topology.delete_task(request(), "docs", None)
    with pytest.raises(TaskNotFound):
        topology.delete_task(request(), "docs", None)


def test_an_etag_is_good_for_one_version(topology: Topology) -> None:
    [task] = topology.list_tasks("", False, None, 10).items
    updated = topology.update_task(request(), "docs", etag(task), (b"/b/",), ("*.o",), "new")
    assert (updated.sources, updated.excludes, updated.comment) == ((b"/b",), ("*.o",), "new")
    assert updated.create_time == task.create_time
    for stale in (etag(task), ""):
        with pytest.raises(ChangedMeanwhile, match="kind=task, name=docs"):
            topology.update_task(request(), "docs", stale, (b"/c",), (), "")
        with pytest.raises(ChangedMeanwhile):
            topology.delete_task(request(), "docs", stale)
    topology.delete_task(request(), "docs", etag(updated))
    with pytest.raises(TaskNotFound):
        topology.update_task(request(), "docs", etag(updated), (b"/c",), (), "")


def test_an_etag_is_not_good_for_a_namesake(idle_rig: Rig, topology: Topology) -> None:
    first = topology.create_client(request(), "lap", Access.LOCAL, "")
    topology.delete_client(request(), "lap", etag(first))
    idle_rig.clock.advance(timedelta(seconds=1))
    topology.create_client(request(), "lap", Access.LOCAL, "")
    with pytest.raises(ChangedMeanwhile, match="kind=client"):
        topology.delete_client(request(), "lap", etag(first))


@pytest.mark.parametrize(
    "act",
    [
        lambda t: t.create_client(request(), "", Access.LOCAL, ""),
        lambda t: t.create_client(request(), "a\n", Access.LOCAL, ""),
        lambda t: t.create_client(request(), "a", Access.LOCAL, "x" * (LONGEST_COMMENT + 1)),
        lambda t: t.create_task(request(), "-a", "host", (b"/a",), (), ""),
        lambda t: t.create_task(request(), "a", "host", (), (), ""),
        lambda t: t.create_task(request(), "a", "host", (b"a",), (), ""),
        lambda t: t.create_task(request(), "a", "host", (b"/a", b"/a/b"), (), ""),
        lambda t: t.create_task(request(), "a", "host", (b"/a",), ("",), ""),
        lambda t: t.create_task(request(), "a", "host", (b"/" + b"a" * LARGEST_TASK,), (), ""),
        lambda t: t.update_task(request(), "docs", "", (b"a",), (), ""),
    ],
)
def test_what_cannot_be_used_is_refused(
    topology: Topology, act: Callable[[Topology], object]
) -> None:
    with pytest.raises(InvalidArgument):
        act(topology)


def test_lists_are_paged_by_name(topology: Topology) -> None:
    for name in ("web", "Mail", "archive"):
        topology.create_task(request(), name, "host", (b"/" + name.encode(),), (), "")
    page = topology.list_tasks("", False, None, 3)
    assert [task.name for task in page.items] == ["Mail", "archive", "docs"]
    rest = topology.list_tasks("", False, page.next_position, 3)
    assert ([task.name for task in rest.items], rest.next_position) == (["web"], None)
    down = topology.list_tasks("", True, None, 3)
    assert [task.name for task in down.items] == ["web", "docs", "archive"]
    assert [t.name for t in topology.list_tasks("", True, down.next_position, 3).items] == ["Mail"]
    assert [task.name for task in topology.list_tasks("MAI", False, None, 3).items] == ["Mail"]
    assert len(topology.list_tasks("HOST", False, None, 9).items) == 4
    for token in ("rubbish", "bnVsbA==", "ü", down.next_position):
        with pytest.raises(PageTokenInvalid):
            topology.list_tasks("", False, token, 3)
    with pytest.raises(PageTokenInvalid):
        topology.list_clients("", False, page.next_position, 3)
