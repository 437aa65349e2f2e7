"""What the window does often touches no more of the fleet than it shows: nothing else is converted.

A location may have 2000 tasks with a job each, and a fleet some hundred locations.
"""

from collections import Counter
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from sesam_api.v1 import jobs_pb2, location_pb2
from sesam_master.core.fleet import (
    ConnectionChanged,
    FleetChange,
    Lazy,
    ObjectsChanged,
    Picture,
    PictureArrived,
    RegistrationsChanged,
)
from sesam_master.core.records import Job
from sesam_master.core.results_groups import Grouping
from sesam_master.core.states import Connection, JobState
from sesam_master.remote.live import LiveState
from sesam_master.ui.actions import Selection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.results.presenter import ResultsPresenter
from sesam_master.ui.results.rows import GroupRow, ResultRow
from sesam_master.ui.topology.model import TopologyModel
from sesam_master.ui.topology.nodes import Filter, Scope
from sesam_master.ui.verbs import open_jobs
from tests.desk.results.memory import MemoryGateway
from tests.fakes.fleet import NOW, client, job, picture, registration, task

TASKS = 40
BEAT = FleetChange(connections={"a"})


class Counted(Lazy[Any]):
    """Counts what is looked at."""

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__(values, self._count)
        self.looked_at = 0

    def _count(self, value: Any) -> Any:
        self.looked_at += 1
        return value

    def __iter__(self) -> Any:
        self.looked_at += len(self)
        return super().__iter__()


def job_of(number: int, state: JobState = JobState.OK) -> Job:
    return job("a", number, f"task-{number}", state)


@pytest.fixture
def jobs() -> Counted:
    made = {str(n): job_of(n) for n in range(1, TASKS + 1)}
    made["1"] = job_of(1, JobState.ACTIVE)
    return Counted(made)


@pytest.fixture
def tasks() -> Counted:
    return Counted({f"task-{n}": task(f"task-{n}", f"c{n % 4}") for n in range(1, TASKS + 1)})


@pytest.fixture
def dark(bridge: Bridge, jobs: Counted, tasks: Counted) -> Bridge:
    """One location that broke while a job ran."""
    raw = [job_of(n) for n in range(2, TASKS + 1)]
    known = Picture(
        identity=None,  # type: ignore[arg-type] - nobody asks for it
        role=None,  # type: ignore[arg-type]
        clients=Lazy({f"c{n}": client(f"c{n}") for n in range(4)}),
        tasks=tasks,
        jobs=jobs,
        states=Counter({JobState.ACTIVE: 1, JobState.OK: len(raw)}),
        backups={f"task-{n}": (str(n),) for n in range(1, TASKS + 1)},
        open_ids={"1"},
    )
    bridge.deliver(RegistrationsChanged((registration("a"),)))
    bridge.deliver(PictureArrived("a", known, NOW))
    bridge.deliver(ConnectionChanged("a", Connection.BROKEN, None, NOW))
    bridge.drain()
    return bridge


def test_what_can_be_cancelled_is_looked_up(dark: Bridge, jobs: Counted) -> None:
    chosen = (("a", "task-1"), ("a", "task-2"))
    assert [one.id for one in open_jobs(dark.fleet, Selection(tasks=chosen))] == ["1"]
    by_id = Selection(tasks=chosen, jobs=(("a", "1"), ("a", "gone")))
    assert [one.id for one in open_jobs(dark.fleet, by_id)] == ["1"]
    assert jobs.looked_at == len(chosen)


def test_sums_look_at_open_jobs_only(dark: Bridge, jobs: Counted, gateway: MemoryGateway) -> None:
    presenter = ResultsPresenter(dark, gateway, UTC, lambda: NOW)  # type: ignore[arg-type]
    assert presenter.picture().state_counts == {JobState.UNKNOWN: 1}
    assert jobs.looked_at == 1


def test_groups_look_at_the_open_jobs_of_dark_locations_only(
    dark: Bridge, jobs: Counted, gateway: MemoryGateway
) -> None:
    presenter = ResultsPresenter(dark, gateway, UTC, lambda: NOW)  # type: ignore[arg-type]
    presenter.set_filter(replace(presenter.filter, grouping=Grouping.TASK))
    [head] = presenter.picture().rows
    assert isinstance(head, GroupRow)
    assert head.group == "task-1"
    assert jobs.looked_at == 1


def test_what_is_remembered_is_not_sorted_anew_with_each_heartbeat(
    dark: Bridge, jobs: Counted, gateway: MemoryGateway
) -> None:
    presenter = ResultsPresenter(dark, gateway, UTC, lambda: NOW)  # type: ignore[arg-type]
    presenter.set_filter(replace(presenter.filter, shows_known=True))
    assert len(presenter.picture().rows) == TASKS
    before = jobs.looked_at
    dark.fleet_changed.emit(BEAT)
    assert len(presenter.picture().rows) == TASKS
    assert jobs.looked_at == before
    dark.fleet_changed.emit(FleetChange(pictures={"a"}))
    assert jobs.looked_at > before


def test_much_that_is_remembered_comes_in_slices(
    bridge: Bridge, gateway: MemoryGateway, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr("sesam_master.ui.results.remembering.SLICE_JOBS", 1)
    names = ("a", "b", "c")
    bridge.deliver(RegistrationsChanged(tuple(registration(name) for name in names)))
    for name in names:
        known = picture(name, 1, 1, job(name, 1, "c0-t0", JobState.OK))
        bridge.deliver(PictureArrived(name, known, NOW))
    bridge.drain()
    presenter = ResultsPresenter(bridge, gateway, UTC, lambda: NOW)  # type: ignore[arg-type]
    presenter.set_filter(replace(presenter.filter, shows_known=True))
    assert len(presenter.picture().rows) == 1
    assert len(presenter.picture().gaps.dark) == 2  # named as missing until they are here
    bridge.fleet_changed.emit(BEAT)
    qtbot.waitUntil(lambda: len(presenter.picture().rows) == 3)
    for name in names:
        known = picture(name, 1, 1, job(name, 1, "c0-t0", JobState.ERROR))
        bridge.deliver(PictureArrived(name, known, NOW))
    bridge.drain()
    bridge.fleet_changed.emit(BEAT)  # what is known anew and waits still comes
    qtbot.waitUntil(lambda: _states(presenter) == {JobState.ERROR})
    presenter.set_filter(replace(presenter.filter, shows_known=False))
    assert presenter.picture().rows == ()


def test_a_heartbeat_does_not_search_the_tree(dark: Bridge, tasks: Counted) -> None:
    model = TopologyModel(dark.fleet, lambda: NOW)
    model.set_filter(Filter("task-7", Scope.ALL))
    before = tasks.looked_at
    assert before > 0
    model.take(BEAT)
    assert tasks.looked_at == before
    assert model.rowCount() == 2
    model.set_filter(Filter("nowhere", Scope.ALL))
    assert model.rowCount() == 1
    dark.deliver(ObjectsChanged("a", NOW, tasks={"nowhere": task("nowhere", "c1")}))
    dark.fleet_changed.connect(model.take)
    dark.drain()
    assert model.rowCount() == 2


def test_tasks_are_sorted_to_their_clients_once(tasks: Counted) -> None:
    def client_of(one: Any) -> str:
        return str(one.client)

    groups = tasks.grouped(client_of)
    assert groups["c1"][:2] == ["task-1", "task-5"]
    before = tasks.looked_at
    assert tasks.grouped(client_of) is groups
    assert tasks.looked_at == before
    tasks.put("new", task("new", "c9"))
    assert tasks.grouped(client_of)["c9"] == ["new"]
    tasks.drop("new")
    assert "c9" not in tasks.grouped(client_of)


def test_a_picture_knows_its_open_jobs_and_follows_them(qapp: QApplication) -> None:
    def message(number: int, state: int) -> jobs_pb2.Job:
        return jobs_pb2.Job(
            job_id=str(number),
            kind=jobs_pb2.JOB_KIND_BACKUP,
            state=state,  # type: ignore[arg-type]
            task="t",
        )

    snapshot = location_pb2.Snapshot(
        jobs=[
            message(1, jobs_pb2.JOB_STATE_OK),
            message(2, jobs_pb2.JOB_STATE_QUEUED),
            message(3, jobs_pb2.JOB_STATE_ACTIVE),
        ]
    )
    known = LiveState([snapshot]).picture()
    assert [one.id for one in sorted(known.open_jobs, key=_number)] == ["2", "3"]

    states = Counter(known.states)
    ended = known.jobs["3"]
    known.put_job(_as(ended, JobState.OK), states)
    known.drop_job("2", states)
    assert known.open_jobs == []
    known.put_job(_as(ended, JobState.ACTIVE), states)
    assert [one.id for one in known.open_jobs] == ["3"]


def _states(presenter: ResultsPresenter) -> set[JobState]:
    return {row.state for row in presenter.picture().rows if isinstance(row, ResultRow)}


def _number(one: Job) -> int:
    return int(one.id)


def _as(one: Job, state: JobState) -> Job:
    return replace(one, state=state)
