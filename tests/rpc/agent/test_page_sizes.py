"""A page ends before it is too large for a message, and the list goes on behind it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from server_agent.domain.events import NEWDAY, CommandAction, Event
from server_agent.domain.events.command import MAX_ARGUMENTS
from server_agent.domain.groups import MAX_TASKS, TaskGroup
from server_agent.domain.jobs import JobState
from server_agent.domain.queue import FIRST_DRIVE, Drive
from server_agent.ports import CatalogueTransaction, SavesetQuery
from server_agent.rpc.lists import LARGEST_ANSWER, PORTION
from server_agent.service.savesets import Savesets
from server_agent.service.topology import LONGEST_COMMENT
from tests.fakes.catalogue_records import SCHEDULE
from tests.fakes.records import JOB, SAVESET
from tests.rpc.agent.rig import AgentRig

SOURCES = tuple(b"/srv/%094d" % number for number in range(1000))  # 99 bytes each
FEW = 60  # savesets; each with 100 KB of sources


def pages(agent: AgentRig, name: str, items: str, **fields: Any) -> list[list[Any]]:
    """The items of each page of a list, which the usual client could take."""
    found, token = [], ""
    while True:
        answer = agent.local.call(name, page_token=token, **fields)
        assert answer.ByteSize() < LARGEST_ANSWER + 10_000
        found.append(list(getattr(answer, items)))
        token = answer.next_page_token
        if not token:
            return found


@pytest.mark.parametrize("order", ["", "start_time", "name desc"])
def test_savesets_of_many_sources(agent: AgentRig, order: str) -> None:
    with agent.catalogue.write() as tx:
        for number in range(FEW):
            each = replace(SAVESET, name=f"S{number:03d}", job_id=str(number + 1), sources=SOURCES)
            tx.add_saveset(each)
    found = pages(agent, "SavesetService/ListSavesets", "savesets", order_by=order, page_size=300)
    names = [saveset.name for page in found for saveset in page]
    assert len(found) > 1
    assert sorted(names) == [f"S{number:03d}" for number in range(FEW)]
    assert len(found[0]) == len(found[1])


def test_no_more_than_a_portion_is_read_at_once(
    agent: AgentRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    find = Savesets.find

    def seen(self: Savesets, query: SavesetQuery, token: str | None, limit: int) -> Any:
        asked.append(limit)
        return find(self, query, token, limit)

    monkeypatch.setattr(Savesets, "find", seen)
    with agent.catalogue.write() as tx:
        for number in range(100):
            tx.add_saveset(replace(SAVESET, name=f"S{number:03d}", job_id=str(number + 1)))
    for size, counts in ((1000, [100]), (70, [70, 30]), (64, [64, 36]), (5, [5] * 20)):
        found = pages(agent, "SavesetService/ListSavesets", "savesets", page_size=size)
        assert [len(page) for page in found] == counts
        names = [saveset.name for page in found for saveset in page]
        assert names == [f"S{number:03d}" for number in reversed(range(100))]
    assert max(asked) == PORTION


def test_tasks_of_many_sources(agent: AgentRig) -> None:
    agent.local.call("TopologyService/CreateClient", name="host")
    for number in range(30):
        task = {"name": f"t{number:02d}", "client": "host", "sources": SOURCES}
        agent.local.call("TaskService/CreateTask", **task)
    found = pages(agent, "TaskService/ListTasks", "tasks")
    assert len(found) == 2
    assert [t.name for page in found for t in page] == [f"t{n:02d}" for n in range(30)]


COMMENT = "\U0001f4be" * LONGEST_COMMENT  # 16 KB


def put_groups(tx: CatalogueTransaction) -> None:
    tasks = tuple(f"{number:0128d}" for number in range(MAX_TASKS))
    for number in range(40):
        tx.put_group(TaskGroup(f"{number:03d}", tasks))


def put_drives(tx: CatalogueTransaction) -> None:
    tx.remove_drive(FIRST_DRIVE)
    for number in range(300):
        tx.put_drive(Drive(f"{number:03d}", comment=COMMENT))


def put_schedules(tx: CatalogueTransaction) -> None:
    for number in range(300):
        tx.put_schedule(replace(SCHEDULE, name=f"{number:03d}", comment=COMMENT))


def put_events(tx: CatalogueTransaction) -> None:
    action = CommandAction("report", ("x" * 4096,) * MAX_ARGUMENTS)
    for number in range(40):
        event = Event("", f"{number:03d}", action, "", SCHEDULE.change_time)
        tx.add_event(event)


@pytest.mark.parametrize(
    ("name", "items", "put", "count"),
    [
        ("TaskGroupService/ListTaskGroups", "groups", put_groups, 40),
        ("DriveService/ListDrives", "drives", put_drives, 300),
        ("ScheduleService/ListSchedules", "schedules", put_schedules, 300),
        ("EventService/ListEvents", "events", put_events, 40),
    ],
)
def test_objects_of_the_plan(
    agent: AgentRig,
    name: str,
    items: str,
    put: Callable[[CatalogueTransaction], None],
    count: int,
) -> None:
    with agent.catalogue.write() as tx:
        put(tx)
    found = pages(agent, name, items, page_size=1000)
    assert len(found) > 1
    names = [item.name for page in found for item in page if item.name != NEWDAY]
    assert names == [f"{number:03d}" for number in range(count)]


def test_one_item_is_sent_however_large_it_is(agent: AgentRig) -> None:
    with agent.catalogue.write() as tx:
        for _ in range(3):
            job = tx.add_job(replace(JOB, state=JobState.OK, start_time=JOB.create_time))
            tx.put_job(replace(job, message="x" * LARGEST_ANSWER))
    token, ids = "", []
    for _ in range(3):
        answer = agent.local.call("JobService/ListJobs", page_token=token, with_counts=True)
        [job] = answer.jobs
        ids.append(job.job_id)
        assert [(count.count) for count in answer.state_counts] == [3]
        token = answer.next_page_token
    assert (ids, token) == (["3", "2", "1"], "")


def test_a_protocol_of_long_lines(agent: AgentRig) -> None:
    agent.add_task()
    job_id = agent.backed_up().job_id
    lines = agent.protocols.lines[job_id]
    begin = len(lines)
    lines += [replace(lines[0], text=f"{n} " + "x" * 100_000) for n in range(50)]
    after, texts = 0, []
    while True:
        answer = agent.local.call("JobService/ReadProtocol", job_id=job_id, after_line=after)
        assert answer.ByteSize() < LARGEST_ANSWER + 10_000
        assert answer.total_lines == len(lines)
        texts += [line.text for line in answer.lines]
        after += len(answer.lines)
        if not answer.more:
            break
    assert [text.split()[0] for text in texts[begin:]] == [str(n) for n in range(50)]
