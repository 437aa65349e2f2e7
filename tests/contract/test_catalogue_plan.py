"""What every catalogue does with schedules, events, task groups and drives."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from server_agent.domain.errors import AlreadyExists, EventNotFound
from server_agent.domain.events import (
    NEWDAY,
    Action,
    BackupAction,
    CommandAction,
    Event,
    EventKind,
    NewdayAction,
    RestoreAction,
    kind_of,
)
from server_agent.domain.groups import TaskGroup
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.media import (
    FIRST_DRIVE_GROUP,
    FIRST_POOL,
    FIRST_STORE,
    DataStore,
    MediaPool,
    Medium,
)
from server_agent.domain.occurrences import Planned
from server_agent.domain.overwriting import OverwriteRule
from server_agent.domain.queue import FIRST_DRIVE, Drive
from server_agent.domain.savesets import BackupType
from server_agent.ports import Catalogue, JobQuery, ObjectKey, ObjectKind
from server_agent.service.defaults import FirstMedium, ensure_defaults
from tests.fakes.catalogue_records import AT_ONCE, COMMAND, EIGHT, EVENT, SCHEDULE, decided, job_of

WHOLE_SCHEDULE = replace(
    SCHEDULE,
    active=False,
    rule="FREQ=MINUTELY;INTERVAL=5",
    offset_days=-3,
    dates=(date(2026, 3, 29), date(9000, 1, 1)),
    start_time=time(2, 30, 15, 123456),
    until_time=time(0, 0),
    end_date=date(2027, 12, 31),
    window=timedelta(days=31),
    comment="Büro\nzwei",
    version=7,
)


def add(catalogue: Catalogue, *events: Event) -> list[Event]:
    with catalogue.write() as tx:
        return [tx.add_event(event) for event in events]


@pytest.mark.parametrize("schedule", [SCHEDULE, WHOLE_SCHEDULE])
def test_a_schedule_keeps_every_field(catalogue: Catalogue, schedule: object) -> None:
    with catalogue.write() as tx:
        tx.put_schedule(replace(SCHEDULE, name="a"))
        tx.put_schedule(replace(SCHEDULE, comment="before"))
        tx.put_schedule(schedule)  # type: ignore[arg-type]
    with catalogue.read() as view:
        assert repr(view.schedule("evening")) == repr(schedule)
        assert [each.name for each in view.schedules()] == ["a", "evening"]
        assert view.schedule("EVENING") is None
    with catalogue.write() as tx:
        tx.remove_schedule("evening")
        assert tx.schedule("evening") is None


@pytest.mark.parametrize(
    "action",
    [
        BackupAction(BackupType.DIFF, group="all", drive="Drive_1"),
        BackupAction(BackupType.COPY, task="home"),
        RestoreAction("home", b"/tmp/\xff", (b"/a\n", "/ä".encode())),
        RestoreAction("home", b"/tmp", overwrite=OverwriteRule.RENAME),
        CommandAction("dump_db", ("", "two words", "ü\n")),
        CommandAction("dump_db"),
        NewdayAction(),
    ],
    ids=repr,
)
def test_an_event_keeps_every_field(catalogue: Catalogue, action: Action) -> None:
    whole = replace(
        EVENT,
        action=action,
        priority=99,
        blocking=True,
        active=False,
        follow_up="dump",
        comment="Büro",
        made_by="desk",
        version=3,
    )
    [plain, added] = add(catalogue, COMMAND, replace(whole, id="77"))
    assert (plain.id, added) == ("1", replace(whole, id="2"))
    with catalogue.read() as view:
        assert repr(view.event_by_id("2")) == repr(added)
        assert repr(view.event(EVENT.name)) == repr(added)
        assert view.events() == [plain, added]
    with catalogue.write() as tx:
        tx.put_event(replace(plain, action=action, version=2))
        assert tx.event("dump") == replace(plain, action=action, version=2)


def test_a_name_is_given_again_but_never_an_id(catalogue: Catalogue) -> None:
    [first] = add(catalogue, EVENT)
    with catalogue.write() as tx:
        tx.remove_event(first.id)
    [again] = add(catalogue, EVENT)
    assert (first.id, again.id) == ("1", "2")
    with catalogue.read() as view:
        assert view.event_by_id("1") is None
        assert view.event(EVENT.name) == again


def test_living_events_have_names_of_their_own(catalogue: Catalogue) -> None:
    [event, other] = add(catalogue, EVENT, COMMAND)
    for refused in (EVENT, replace(COMMAND, name=EVENT.name)):
        with pytest.raises(AlreadyExists) as why:
            add(catalogue, refused)
        assert why.value.metadata == {"kind": "event", "name": EVENT.name}
    with pytest.raises(AlreadyExists), catalogue.write() as tx:
        tx.put_event(replace(other, name=EVENT.name))
    # Immediate starts are named after what they start.
    add(catalogue, replace(AT_ONCE, name=EVENT.name), replace(AT_ONCE, name=EVENT.name))
    with catalogue.write() as tx:
        tx.put_event(replace(event, comment="its own name"))
        assert [each.id for each in tx.events()] == [other.id, event.id]


@pytest.mark.parametrize("event_id", ["", "0", "2", "01", "a", "-1", "9" * 40])
def test_no_event_has_another_id(catalogue: Catalogue, event_id: str) -> None:
    add(catalogue, EVENT)
    with catalogue.read() as view:
        assert view.event_by_id(event_id) is None
    with pytest.raises(EventNotFound), catalogue.write() as tx:
        tx.put_event(replace(EVENT, id=event_id))


def test_an_immediate_start_is_found_by_its_id_only(catalogue: Catalogue) -> None:
    [start] = add(catalogue, AT_ONCE)
    with catalogue.read() as view:
        assert repr(view.event_by_id(start.id)) == repr(start)
        assert view.event(AT_ONCE.name) is None
        assert view.events() == []


def test_plans(catalogue: Catalogue) -> None:
    follow_up = replace(COMMAND, name="after", schedule="")
    [event, command, start, after] = add(catalogue, EVENT, COMMAND, AT_ONCE, follow_up)
    with catalogue.write() as tx:
        tx.put_schedule(WHOLE_SCHEDULE)
        tx.put_schedule(replace(SCHEDULE, name="unused"))
        expected = [
            Planned(event, WHOLE_SCHEDULE),
            Planned(command, WHOLE_SCHEDULE),
            Planned(start, None),
            Planned(after, None),
        ]
        assert repr(tx.plans()) == repr(expected)
        tx.put_decided(decided(start, tasks=("home",)), start, EIGHT.date())
        tx.put_decided(decided(event, tasks=("home",)), event, EIGHT.date())
        assert [plan.event.id for plan in tx.plans()] == [event.id, command.id, after.id]
        assert tx.event_by_id(start.id) == start
        tx.remove_event(command.id)
    with catalogue.read() as view:
        assert [plan.event.id for plan in view.plans()] == [event.id, after.id]


def test_groups_and_drives(catalogue: Catalogue) -> None:
    group = TaskGroup("all", ("b", "a", "Ü c"), "why", 3)
    drive = Drive("Drive_2", streams=64, active=False, comment="slow", version=2)
    with catalogue.write() as tx:
        tx.put_group(TaskGroup("none", ()))
        tx.put_group(TaskGroup("all", ("x",)))
        tx.put_group(group)
        tx.put_drive(Drive("Drive_1"))
        tx.put_drive(replace(drive, streams=1))
        tx.put_drive(drive)
    with catalogue.read() as view:
        assert repr(view.groups()) == repr([group, TaskGroup("none", ())])
        assert repr(view.group("all")) == repr(group)
        assert repr(view.drives()) == repr([Drive("Drive_1"), drive])
        assert repr(view.drive("Drive_2")) == repr(drive)
    with catalogue.write() as tx:
        tx.remove_group("all")
        tx.remove_drive("Drive_2")
        assert (tx.group("all"), tx.drive("Drive_2")) == (None, None)
        assert len(tx.groups()) == len(tx.drives()) == 1


def test_every_write_is_a_change(catalogue: Catalogue) -> None:
    with catalogue.write() as tx:
        tx.put_schedule(SCHEDULE)
        event = tx.add_event(EVENT)
        tx.put_group(TaskGroup("all", ()))
        tx.put_drive(Drive("Drive_1"))
        tx.put_event(replace(event, version=2))
        assert tx.changes_since(0).keys == (
            ObjectKey(ObjectKind.SCHEDULE, "evening"),
            ObjectKey(ObjectKind.GROUP, "all"),
            ObjectKey(ObjectKind.DRIVE, "Drive_1"),
            ObjectKey(ObjectKind.EVENT, event.id),
        )
        tx.remove_schedule("evening")
        tx.remove_event(event.id)
        tx.remove_group("all")
        tx.remove_drive("Drive_1")
        assert tx.revision() == 9
        assert [key.kind for key in tx.changes_since(5).keys or ()] == [
            ObjectKind.SCHEDULE,
            ObjectKind.EVENT,
            ObjectKind.GROUP,
            ObjectKind.DRIVE,
        ]


def test_what_every_location_has(catalogue: Catalogue) -> None:
    for now in (EIGHT, EIGHT + timedelta(days=1)):
        with catalogue.write() as tx:
            ensure_defaults(tx, now, FirstMedium(b"/srv/store", "DISK00001"))
    with catalogue.read() as view:
        assert view.revision() == 6
        assert view.drives() == [Drive(FIRST_DRIVE, streams=2)]
        assert view.data_stores() == [DataStore(FIRST_STORE, b"/srv/store")]
        assert view.pools() == [MediaPool(FIRST_POOL, FIRST_DRIVE_GROUP)]
        assert view.media() == [Medium("DISK00001", FIRST_POOL, FIRST_STORE, init_time=EIGHT)]
        [plan] = view.plans()
    assert (plan.event.name, plan.event.priority, plan.event.change_time) == (NEWDAY, 0, EIGHT)
    assert kind_of(plan.event) is EventKind.NEWDAY
    assert plan.schedule is not None
    assert (plan.schedule.name, plan.schedule.start_time) == (NEWDAY, time(8, 0))


# --- their jobs -----------------------------------------------------------------------------------


def test_a_job_keeps_its_occurrence(catalogue: Catalogue) -> None:
    [event] = add(catalogue, EVENT)
    job = replace(job_of(event, "home"), priority=0, group="all", drive="Drive_1")
    with catalogue.write() as tx:
        added = tx.add_job(job)
        tx.put_job(replace(added, drive="Drive_2"))
    with catalogue.read() as view:
        assert repr(view.job(added.id)) == repr(replace(added, drive="Drive_2"))
        for text in ("HOME DAILY", "all"):
            assert len(view.jobs(JobQuery(text=text), None, 5).items) == 1


def test_open_events(catalogue: Catalogue) -> None:
    events = add(catalogue, *(replace(EVENT, name=state.name) for state in JobState))
    with catalogue.write() as tx:
        for event, state in zip(events, JobState, strict=True):
            tx.add_job(job_of(event, "home", state))
        tx.add_job(job_of(events[0], ""))
        tx.add_job(replace(job_of(events[0], "home", JobState.QUEUED), event_id=""))
    with catalogue.read() as view:
        assert view.open_event_ids() == {
            event.id for event in events if event.name in ("QUEUED", "ACTIVE")
        }


def test_jobs_without_a_task_are_in_no_ones_way(catalogue: Catalogue) -> None:
    [event] = add(catalogue, COMMAND)
    ended = replace(job_of(event, ""), start_time=EIGHT, end_time=EIGHT)
    with catalogue.write() as tx:
        for job in (ended, job_of(event, "home"), replace(ended, state=JobState.QUEUED)):
            tx.add_job(job)
    with catalogue.read() as view:
        assert view.newest_ended_backups() == []
        for order in ("task", "client"):
            query = JobQuery(order=order, descending=False)
            found: list[Job] = []
            page = view.jobs(query, None, 1)
            while page.next_position:
                found += page.items
                page = view.jobs(query, page.next_position, 1)
            assert [job.id for job in (*found, *page.items)] == ["1", "3", "2"]
        assert sum(view.job_counts(JobQuery()).values()) == 3
        assert [job.id for job in view.jobs(JobQuery(text="dump"), None, 5).items] == [
            "3",
            "2",
            "1",
        ]


def test_a_schedule_that_is_touched_is_in_the_log_and_stays_as_it_is(catalogue: Catalogue) -> None:
    with catalogue.write() as tx:
        tx.put_schedule(SCHEDULE)
    with catalogue.write() as tx:
        before = tx.revision()
        tx.touch_schedule("evening")
    with catalogue.read() as view:
        assert view.changes_since(before).keys == (ObjectKey(ObjectKind.SCHEDULE, "evening"),)
        assert view.schedule("evening") == SCHEDULE
