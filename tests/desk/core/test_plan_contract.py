"""What a gateway does with a plan: the one over the wire and the one of the screens' tests do the
same."""

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from sesam_api.v1 import drives_pb2, jobs_pb2, schedules_pb2
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.plan import (
    NEWDAY,
    BackupAction,
    CommandAction,
    Event,
    Plan,
    Planned,
    Preview,
    Remark,
    RestoreAction,
    Schedule,
    Start,
    TaskGroup,
)
from sesam_master.core.plan_source import PlanSource
from sesam_master.core.records import BackupType, Overwrite
from sesam_master.core.states import Connection
from sesam_master.remote import convert_plan
from tests.desk.remote.rig import HubRig
from tests.fakes.agent_server import FakeAgent
from tests.fakes.gateway import FakeGateway
from tests.fakes.plan import empty_plan, nightly

TASKS = frozenset({"home", "mail"})
STARTS = tuple(
    Start(datetime(2026, 3, day, 19, tzinfo=UTC), day == 29, f"2026-03-{day}") for day in (27, 29)
)
PREVIEW = Preview(STARTS, frozenset({Remark.NO_EVENT, Remark.CLOCK_CHANGE}))
FULL_SCHEDULE = Schedule(
    "everything",
    "FREQ=MONTHLY;BYDAY=-1FR",
    time(20, 30, 5),
    date(2026, 1, 1),
    end_date=date(2027, 1, 1),
    dates=(date(2026, 5, 1), date(2026, 12, 24)),
    offset_days=-3,
    window=timedelta(hours=4),
    active=False,
    comment="by hand",
)
OFTEN = Schedule(
    "often", "FREQ=MINUTELY;INTERVAL=15", time(8), date(2026, 1, 1), until_time=time(18)
)
GROUP = TaskGroup("all", ("mail", "home"), "everything")
EVENTS = (
    Event("backup", "nightly", BackupAction(BackupType.INC, "home", drive="Drive_1"), 5, True),
    Event("groups", "nightly", BackupAction(BackupType.FULL, group="all"), comment="x"),
    Event("restore", "", RestoreAction("mail", b"/tmp/\xff", (b"/a", b"/b\n")), active=False),
    Event("command", "", CommandAction("report", ("-a", "b c")), follow_up="backup"),
    Event("aside", "", RestoreAction("mail", b"/tmp", overwrite=Overwrite.RENAME), active=False),
)


@dataclass
class Asked:
    """A gateway, a location with the tasks home and mail, and how to wait for answers."""

    source: PlanSource
    here: str
    ask: Callable[[Coroutine[Any, Any, Any]], Any]

    def plan(self) -> Plan:
        plan: Plan = self.ask(self.source.plan(self.here))
        return plan

    def add(self, item: Planned) -> Any:
        return self.ask(self.source.add_to_plan(self.here, item))

    def refused(self, coroutine: Coroutine[Any, Any, Any]) -> LocationError:
        with pytest.raises(LocationError) as caught:
            self.ask(coroutine)
        assert caught.value.trouble is Trouble.REJECTED
        return caught.value


def _at_once(coroutine: Coroutine[Any, Any, Any]) -> Any:
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("It waits for something.")


def _in_memory() -> Iterator[Asked]:
    yield Asked(FakeGateway(tasks=TASKS, preview=PREVIEW), "a", _at_once)


def _over_the_wire() -> Iterator[Asked]:
    with FakeAgent("Alpha") as agent:
        _lay_ready(agent)
        prepared = HubRig()
        here = prepared.register(agent)
        with prepared:
            prepared.until(here, Connection.ON)
            yield Asked(prepared.hub.gateway, here, prepared.ask)


def _lay_ready(agent: FakeAgent) -> None:
    location = agent.location
    new = empty_plan("")
    location.put_client("c")
    for task in TASKS:
        location.put_task(task, "c", [b"/srv"])
    location.schedules[NEWDAY] = convert_plan.schedule_message(new.schedules[0])
    location.events[NEWDAY] = convert_plan.event_message(new.events[0])
    location.events[NEWDAY].event_id = "1"
    location.drives["Drive_1"] = drives_pb2.Drive(name="Drive_1", streams=2, active=True, etag="1")
    for start in STARTS:
        message = schedules_pb2.Start(clock_change=start.clock_change, sesam_day=start.sesam_day)
        message.time.FromDatetime(start.moment)
        location.starts.append(message)
    location.remarks = [
        schedules_pb2.SCHEDULE_REMARK_NO_EVENT,
        schedules_pb2.SCHEDULE_REMARK_CLOCK_CHANGE,
    ]


@pytest.fixture(params=[_in_memory, _over_the_wire], ids=["memory", "wire"])
def asked(request: pytest.FixtureRequest) -> Iterator[Asked]:
    yield from request.param()


def test_a_new_location_has_newday_and_a_drive(asked: Asked) -> None:
    plan = asked.plan()

    new = empty_plan(asked.here)
    assert (plan.schedules, plan.events, plan.groups, plan.drives) == (
        new.schedules,
        new.events,
        (),
        new.drives,
    )
    assert (plan.location_id, plan.is_kept) == (asked.here, False)


def test_every_field_comes_back_as_it_was_given(asked: Asked) -> None:
    for item in (FULL_SCHEDULE, OFTEN, nightly(), GROUP, *EVENTS):
        made = asked.add(item)
        assert made.etag
        given = replace(item, etag=made.etag)
        assert made == (replace(given, id=made.id) if isinstance(made, Event) else given)

    plan = asked.plan()
    assert [one.name for one in plan.schedules] == [NEWDAY, "everything", "nightly", "often"]
    assert [one.name for one in plan.events] == [
        *(NEWDAY, "aside", "backup", "command", "groups", "restore")
    ]
    assert [replace(one, etag="") for one in plan.schedules[1:]] == [
        FULL_SCHEDULE,
        nightly(),
        OFTEN,
    ]
    assert [replace(one, etag="") for one in plan.groups] == [GROUP]
    by_name = {one.name: replace(one, id="", etag="") for one in plan.events}
    assert by_name == {one.name: one for one in EVENTS} | {
        NEWDAY: replace(empty_plan("").events[0], id="", etag="")
    }


@pytest.mark.parametrize(
    ("item", "other"),
    [
        (nightly(), nightly(comment="mine", active=False)),
        (GROUP, replace(GROUP, tasks=("home",))),
        (EVENTS[3], replace(EVENTS[3], priority=9)),
    ],
)
def test_a_change_of_another_version_is_refused(
    asked: Asked, item: Planned, other: Planned
) -> None:
    if isinstance(item, Event):
        item, other = replace(item, follow_up=""), replace(other, follow_up="")
    first = asked.add(item)
    second = asked.ask(asked.source.change_plan(asked.here, replace(other, etag=first.etag)))

    assert second.etag != first.etag
    for late in (
        asked.source.change_plan(asked.here, first),
        asked.source.remove_from_plan(asked.here, first),
    ):
        error = asked.refused(late)
        assert (error.reason, error.metadata["name"]) == ("CHANGED_MEANWHILE", item.name)
    asked.ask(asked.source.remove_from_plan(asked.here, second))
    assert asked.plan().schedules == empty_plan("").schedules
    assert [one.name for one in asked.plan().events] == [NEWDAY]
    assert asked.plan().groups == ()


@pytest.mark.parametrize(
    ("reason", "about", "question"),
    [
        ("ALREADY_EXISTS", "nightly", lambda s, at: s.add_to_plan(at, nightly())),
        ("SCHEDULE_NOT_FOUND", "x", lambda s, at: s.change_plan(at, nightly("x"))),
        ("SCHEDULE_NOT_FOUND", "x", lambda s, at: s.write_calendar_file(at, "x")),
        ("SCHEDULE_NOT_FOUND", "x", lambda s, at: s.add_to_plan(at, _event(schedule="x"))),
        ("TASK_NOT_FOUND", "x", lambda s, at: s.add_to_plan(at, _event(task="x"))),
        ("EVENT_NOT_FOUND", "new", lambda s, at: s.remove_from_plan(at, _event())),
        ("GROUP_NOT_FOUND", "g", lambda s, at: s.change_plan(at, TaskGroup("g"))),
    ],
)
def test_a_refusal_has_its_reason(
    asked: Asked,
    reason: str,
    about: str,
    question: Callable[[PlanSource, str], Coroutine[Any, Any, Any]],
) -> None:
    asked.add(nightly())
    error = asked.refused(question(asked.source, asked.here))

    assert error.reason == reason
    assert about in error.metadata.values()


def _event(schedule: str = "nightly", task: str = "home") -> Event:
    return Event("new", schedule, BackupAction(BackupType.INC, task))


def test_what_events_need_is_not_removed(asked: Asked) -> None:
    made = [asked.add(item) for item in (nightly(), GROUP, EVENTS[0], EVENTS[1], EVENTS[3])]
    wanted = {"schedule": "backup, groups", "group": "groups", "event": "command"}

    for item, (kind, users) in zip(made[:3], wanted.items(), strict=True):
        error = asked.refused(asked.source.remove_from_plan(asked.here, item))
        assert error.reason == f"{kind.upper()}_IN_USE"
        assert (error.metadata[kind], error.metadata["events"]) == (item.name, users)


def test_newday_is_not_removed(asked: Asked) -> None:
    plan = asked.plan()
    for item in (plan.schedules[0], plan.events[0]):
        error = asked.refused(asked.source.remove_from_plan(asked.here, item))
        assert error.reason == "NEWDAY_NEEDED"


def test_a_preview_has_its_starts_and_remarks(asked: Asked) -> None:
    assert asked.ask(asked.source.preview_schedule(asked.here, nightly(""))) == PREVIEW


def test_dates_go_in_and_out_as_a_calendar_file(asked: Asked) -> None:
    asked.add(FULL_SCHEDULE)
    content = asked.ask(asked.source.write_calendar_file(asked.here, "everything"))
    read = asked.source.read_calendar_file(asked.here, content, date(2026, 1, 1), date(2026, 6, 30))
    assert asked.ask(read) == (date(2026, 5, 1),)


def test_a_type_that_is_not_known_is_none() -> None:
    message = convert_plan.event_message(_event())
    message.backup.type = 77
    assert convert_plan.event(message).action == BackupAction(None, "home")
    sent = convert_plan.event_message(convert_plan.event(message))
    assert sent.backup.type == jobs_pb2.BACKUP_TYPE_UNSPECIFIED
