"""What every catalogue knows of what became of the plan."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from server_agent.domain.calendar import EntryState
from server_agent.domain.events import NEWDAY, BackupAction, Event, EventKind, NewdayAction
from server_agent.domain.jobs import JobState
from server_agent.domain.occurrences import Occurrence, Slot, Verdict
from server_agent.domain.savesets import BackupType
from server_agent.domain.sesam_day import DayStart
from server_agent.ports import Catalogue, Cell, CellKey, ObjectKey, ObjectKind, Past, PastKey
from tests.fakes.catalogue_records import (
    AT_ONCE,
    COMMAND,
    DAY,
    EIGHT,
    EVENT,
    LATER,
    decided,
    job_of,
)
from tests.fakes.records import CLIENT, TASK

HOUR = timedelta(hours=1)
ONE_DAY = timedelta(days=1)
EVER = (EIGHT - 999 * ONE_DAY, EIGHT + 999 * ONE_DAY)
GROUP = replace(EVENT, name="all daily", action=BackupAction(BackupType.FULL, group="all"))
HOME = CellKey(EventKind.BACKUP, "home", DAY)
DUMP = CellKey(EventKind.COMMAND, "dump", DAY)


@pytest.fixture
def events(catalogue: Catalogue) -> dict[str, Event]:
    """A backup, a group and a command, and the tasks home and etc."""
    with catalogue.write() as tx:
        tx.put_client(CLIENT)
        tx.put_client(replace(CLIENT, name="beta"))
        tx.put_task(TASK)
        tx.put_task(replace(TASK, name="etc", client="beta"))
        return {event.name: tx.add_event(event) for event in (EVENT, GROUP, COMMAND)}


def put(catalogue: Catalogue, occurrence: Occurrence, event: Event, day: date = DAY) -> None:
    with catalogue.write() as tx:
        tx.put_decided(occurrence, event, day)


def keys_of(past: Sequence[Past]) -> list[PastKey]:
    return [
        (each.occurrence.slot.planned_time, each.occurrence.slot.event_id, each.task)
        for each in past
    ]


# --- decisions ------------------------------------------------------------------------------------


def test_a_decision_keeps_every_field(catalogue: Catalogue, events: dict[str, Event]) -> None:
    event = events["dump"]
    occurrence = replace(decided(event, Verdict.BLOCKED), by="all daily", text="Why\nnot")
    put(catalogue, occurrence, event)
    with catalogue.read() as view:
        assert repr(view.past(*EVER, None, 5)) == repr([Past(occurrence, event, "", "", DAY)])


def test_what_a_clock_that_was_ahead_gave_up_is_open_again(
    catalogue: Catalogue, events: dict[str, Event]
) -> None:
    event = events["home daily"]
    ahead, now = EIGHT + 10 * ONE_DAY, EIGHT + HOUR
    with catalogue.write() as tx:
        once = tx.add_event(replace(AT_ONCE, start_time=EIGHT + ONE_DAY))
    for each, verdict, moment, decide_time in (
        (event, Verdict.MISSED, EIGHT, ahead),
        (event, Verdict.STARTED, EIGHT + ONE_DAY, ahead),
        (event, Verdict.MISSED, EIGHT + 2 * ONE_DAY, now),
        (event, Verdict.MISSED, EIGHT + 3 * ONE_DAY, ahead),
        (once, Verdict.MISSED, EIGHT + ONE_DAY, ahead),
    ):
        made = decided(each, verdict, moment=moment, tasks=("home",), decide_time=decide_time)
        put(catalogue, made, each, DAY + (moment - EIGHT))
    gone = replace(HOME, day=DAY + 3 * ONE_DAY)
    with catalogue.write() as tx:
        tx.refresh_cells([gone], ahead)
        assert tx.cell(gone) is not None
        tx.reopen(now, now)
        assert tx.cell(gone) is None
    with catalogue.read() as view:
        kept = [(key[0] - EIGHT, key[1]) for key in keys_of(view.past(*EVER, None, 99))]
        assert kept == [
            (timedelta(), event.id),
            (ONE_DAY, event.id),
            (2 * ONE_DAY, event.id),
        ]
        assert once.id in {plan.event.id for plan in view.plans()}


def test_the_days_that_a_clock_that_was_ahead_gave_up_have_not_begun(
    catalogue: Catalogue, events: dict[str, Event]
) -> None:
    event = replace(events["dump"], name=NEWDAY, action=NewdayAction())
    ahead = EIGHT + 10 * ONE_DAY
    with catalogue.write() as tx:
        for days, verdict in enumerate((Verdict.STARTED, Verdict.MISSED, Verdict.STARTED)):
            moment = EIGHT + days * ONE_DAY
            made = decided(event, verdict, moment=moment, decide_time=ahead)
            tx.put_decided(made, event, DAY + days * ONE_DAY)
            tx.add_day_start(DayStart(moment, DAY + days * ONE_DAY))
        tx.reopen(EIGHT + HOUR, EIGHT + HOUR)
    with catalogue.read() as view:
        assert [start.day for start in view.day_starts(DAY)] == [DAY, DAY + 2 * ONE_DAY]


def test_each_task_of_a_decision_has_its_job(
    catalogue: Catalogue, events: dict[str, Event]
) -> None:
    event, other = events["all daily"], events["home daily"]
    with catalogue.write() as tx:
        home = tx.add_job(job_of(event, "home"))
        tx.add_job(job_of(other, "home"))
        tx.add_job(job_of(event, "home", moment=LATER))
        etc = tx.add_job(job_of(event, "etc", JobState.ACTIVE))
        tx.put_decided(decided(event, tasks=("home", "gone", "etc")), event, DAY)
        assert [(each.task, each.client, each.job) for each in tx.past(*EVER, None, 5)] == [
            ("etc", "beta", etc),
            ("gone", "", None),
            ("home", "alpha", home),
        ]
        assert tx.past(*EVER, None, 1)[0].occurrence == decided(event, tasks=("etc",))
        assert tx.jobs_of(Slot(EIGHT, event.id)) == [home, etc]
        assert tx.jobs_of(Slot(EIGHT, "")) == []


def test_the_last_of_several_jobs_counts(catalogue: Catalogue, events: dict[str, Event]) -> None:
    event = events["dump"]
    with catalogue.write() as tx:
        jobs = [tx.add_job(job_of(event, "", state)) for state in (JobState.ERROR, JobState.OK)]
        tx.put_decided(decided(event), event, DAY)
        assert [each.job for each in tx.past(*EVER, None, 5)] == jobs[1:]


def test_an_event_stays_as_it_was(catalogue: Catalogue, events: dict[str, Event]) -> None:
    event = events["home daily"]
    renamed = replace(event, name="other", priority=5, version=2)
    put(catalogue, decided(event, tasks=("home",)), event)
    with catalogue.write() as tx:
        tx.put_event(renamed)
        tx.put_decided(decided(event, moment=LATER), renamed, DAY)
        tx.remove_event(event.id)
        again = tx.add_event(event)
        tx.put_decided(decided(again, moment=LATER), again, DAY)
    with catalogue.read() as view:
        assert [each.event for each in view.past(*EVER, None, 5)] == [event, renamed, again]


def test_a_decision_replaces_that_of_its_slot(
    catalogue: Catalogue, events: dict[str, Event]
) -> None:
    event = events["all daily"]
    put(catalogue, decided(event, Verdict.MISSED, tasks=("home", "etc")), event)
    put(catalogue, decided(event, tasks=("home", "home")), event)
    with catalogue.read() as view:
        found = view.past(*EVER, None, 5)
    assert [(each.task, each.occurrence.verdict) for each in found] == [("home", Verdict.STARTED)]


def test_what_is_past_comes_in_pages(catalogue: Catalogue, events: dict[str, Event]) -> None:
    moments = [EIGHT + n * HOUR for n in range(4)]
    with catalogue.write() as tx:
        for _ in range(9):  # ids are texts: "10" comes before "2"
            tx.add_event(AT_ONCE)
        tenth = tx.event_by_id("10")
        assert tenth is not None
        for moment in moments:
            for event in (*events.values(), tenth):
                occurrence = decided(event, moment=moment, tasks=("b", "a", "ä"))
                tx.put_decided(occurrence, event, DAY)
    with catalogue.read() as view:
        whole = keys_of(view.past(moments[1], moments[3], None, 100))
        assert len(whole) == 2 * 4 * 3
        assert whole == sorted(whole)
        assert {key[0] for key in whole} == set(moments[1:3])
        found: list[PastKey] = []
        while page := view.past(moments[1], moments[3], found[-1] if found else None, 5):
            assert len(page) <= 5
            found += keys_of(page)
        assert found == whole
        assert view.past(moments[1], moments[3], (moments[0], "9", "z"), 100)[0].task == "a"
        assert view.past(moments[3], moments[1], None, 5) == []


def test_slots_that_stand(catalogue: Catalogue, events: dict[str, Event]) -> None:
    event = events["home daily"]
    for number, verdict in enumerate((Verdict.STARTED, Verdict.MISSED, Verdict.BLOCKED)):
        moment = EIGHT + number * HOUR
        tasks = ("home", "etc")
        put(
            catalogue, decided(event, verdict, moment=moment, tasks=tasks, decide_time=LATER), event
        )
    slots = [Slot(EIGHT + number * HOUR, event.id) for number in range(3)]
    with catalogue.read() as view:
        assert view.decided_slots(EIGHT - HOUR, LATER) == set(slots)
        assert view.decided_slots(EIGHT - HOUR, LATER - ONE_DAY) == {slots[0]}
        assert view.decided_slots(EIGHT, LATER) == set(slots[1:])


def test_decided_until(catalogue: Catalogue) -> None:
    with catalogue.write() as tx:
        assert tx.decided_until() is None
        tx.set_decided_until(EIGHT)
        tx.set_decided_until(LATER)
    with catalogue.read() as view:
        assert view.decided_until() == LATER


def test_day_starts(catalogue: Catalogue) -> None:
    starts = [DayStart(EIGHT + n * ONE_DAY, DAY + n * ONE_DAY) for n in (0, 1, 4, 5)]
    with catalogue.write() as tx:
        for start in (*reversed(starts), starts[0]):
            tx.add_day_start(start)
    with catalogue.read() as view:
        assert view.day_starts(DAY - ONE_DAY) == starts
        assert view.day_starts(DAY) == starts
        assert view.day_starts(DAY + 3 * ONE_DAY) == starts[1:]
        assert view.day_starts(DAY + 99 * ONE_DAY) == starts[3:]


# --- cells ----------------------------------------------------------------------------------------


def refresh(catalogue: Catalogue, *keys: CellKey, now: datetime = LATER) -> None:
    with catalogue.write() as tx:
        tx.refresh_cells(keys, now)


def test_a_cell_shows_the_worst(catalogue: Catalogue, events: dict[str, Event]) -> None:
    event, group, command = events["home daily"], events["all daily"], events["dump"]
    with catalogue.write() as tx:
        tx.add_job(job_of(event, "home"))
        tx.add_job(job_of(event, "home", moment=LATER))
        tx.add_job(job_of(event, "home", JobState.BROKEN, day=DAY + ONE_DAY))
        tx.add_job(job_of(event, "etc", JobState.ERROR))
        tx.add_job(job_of(command, "", JobState.ACTIVE))
        tx.add_job(job_of(replace(command, name="other"), "", JobState.ERROR))
        tx.refresh_cells([HOME, DUMP, replace(HOME, name="none")], LATER)
    with catalogue.read() as view:
        assert repr(view.cell(HOME)) == repr(Cell(HOME, "alpha", EntryState.OK, 2))
        assert view.cell(DUMP) == Cell(DUMP, "", EntryState.ACTIVE, 1)
        assert view.cell(replace(HOME, name="none")) is None
    missed = decided(group, Verdict.MISSED, tasks=("home", "etc"))
    put(catalogue, missed, group)
    put(catalogue, decided(group, moment=LATER, tasks=("home",)), group)
    put(catalogue, decided(command, Verdict.BLOCKED), command)
    refresh(catalogue, HOME, DUMP)
    with catalogue.read() as view:
        assert view.cell(HOME) == Cell(HOME, "alpha", EntryState.MISSED, 3)
        assert view.cell(DUMP) == Cell(DUMP, "", EntryState.BLOCKED, 2)


def test_only_a_queued_job_that_waits_long_is_late(
    catalogue: Catalogue, events: dict[str, Event]
) -> None:
    event = events["home daily"]
    with catalogue.write() as tx:
        tx.add_job(job_of(event, "home", JobState.QUEUED, moment=EIGHT))
        tx.add_job(job_of(event, "home", JobState.QUEUED, moment=LATER))
        old = replace(job_of(event, "etc", JobState.QUEUED), event_id="", planned_time=None)
        tx.add_job(old)
    etc = replace(HOME, name="etc")
    for waited, state in ((timedelta(minutes=15), EntryState.QUEUED), (HOUR, EntryState.LATE)):
        refresh(catalogue, HOME, etc, now=EIGHT + waited)
        with catalogue.read() as view:
            assert view.cell(HOME) == Cell(HOME, "alpha", state, 2)
            assert view.cell(etc) == Cell(etc, "alpha", state, 1)


def test_what_was_about_a_group_without_tasks_has_the_events_name(
    catalogue: Catalogue, events: dict[str, Event]
) -> None:
    event = events["all daily"]
    put(catalogue, decided(event, Verdict.MISSED), event)
    key = CellKey.of_event(event, "", DAY)
    refresh(catalogue, key)
    with catalogue.read() as view:
        assert key == CellKey(EventKind.BACKUP, "all daily", DAY)
        assert view.cell(key) == Cell(key, "", EntryState.MISSED, 1)


def test_a_cell_goes_with_the_last_that_it_sums_up(
    catalogue: Catalogue, events: dict[str, Event]
) -> None:
    event = events["home daily"]
    put(catalogue, decided(event, Verdict.MISSED, tasks=("home",)), event)
    refresh(catalogue, HOME)
    put(catalogue, decided(event, tasks=("home",)), event)
    with catalogue.write() as tx:
        before = tx.revision()
        tx.refresh_cells([HOME], LATER)
        assert tx.cell(HOME) is None
        assert tx.changes_since(before).keys == (ObjectKey(ObjectKind.CELL, HOME.id),)


def test_only_a_cell_that_changes_is_a_change(
    catalogue: Catalogue, events: dict[str, Event]
) -> None:
    with catalogue.write() as tx:
        job = tx.add_job(job_of(events["home daily"], "home"))
        tx.add_job(job_of(events["dump"], ""))
        before = tx.revision()
        tx.refresh_cells([HOME, DUMP, HOME], LATER)
        ids = [key.id for key in tx.changes_since(before).keys or ()]
        assert ids == ["backup/2026-03-02/home", "command/2026-03-02/dump"]
        tx.refresh_cells([HOME, DUMP], LATER)
        tx.refresh_cells([], LATER)
        assert tx.revision() == before + 2
        tx.put_job(replace(job, state=JobState.ERROR))
        tx.refresh_cells([HOME, DUMP], LATER)
        assert tx.changes_since(before + 3).keys == (ObjectKey(ObjectKind.CELL, HOME.id),)


def test_cells_of_a_span(catalogue: Catalogue, events: dict[str, Event]) -> None:
    days = [DAY + n * ONE_DAY for n in range(4)]
    with catalogue.write() as tx:
        keys = []
        for day in reversed(days):
            for task in ("home", "etc"):
                tx.add_job(job_of(events["home daily"], task, day=day))
                keys.append(CellKey(EventKind.BACKUP, task, day))
            tx.add_job(job_of(events["dump"], "", day=day))
            keys.append(replace(DUMP, day=day))
        tx.refresh_cells(keys, LATER)
    with catalogue.read() as view:
        found = [(cell.key.name, cell.key.day) for cell in view.cells(days[1], days[2])]
        assert found == [(name, day) for name in ("etc", "home", "dump") for day in days[1:3]]
        assert len(view.cells(date.min, date.max)) == 12


def test_many_cells_at_once(catalogue: Catalogue, events: dict[str, Event]) -> None:
    names = [f"task {number}" for number in range(1100)]
    event = events["all daily"]
    with catalogue.write() as tx:
        tx.put_decided(decided(event, Verdict.MISSED, tasks=tuple(names)), event, DAY)
        tx.refresh_cells([replace(HOME, name=name) for name in names], LATER)
        assert [cell.key.name for cell in tx.cells(DAY, DAY)] == sorted(names)


@pytest.mark.parametrize("name", ["home", "a/b/c", "", "ü / 2026-01-01", "x" * 128])
@pytest.mark.parametrize("kind", EventKind)
def test_a_cell_is_known_by_its_id(kind: EventKind, name: str) -> None:
    key = CellKey(kind, name, DAY)
    assert CellKey.of_id(key.id) == key


@pytest.mark.parametrize(
    "text", ["", "backup", "backup/home", "tape/2026-01-01/x", "backup/2026-13-01/x"]
)
def test_what_is_no_cells_id(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        CellKey.of_id(text)


# --- forgotten ------------------------------------------------------------------------------------


def test_what_is_old_is_forgotten(catalogue: Catalogue, events: dict[str, Event]) -> None:
    event = events["home daily"]
    with catalogue.write() as tx:
        old, new, waiting = (tx.add_event(AT_ONCE) for _ in range(3))
        for number, each in enumerate((event, old, event, new)):
            day = DAY + number // 2 * ONE_DAY
            moment = EIGHT + number // 2 * ONE_DAY
            tx.put_decided(decided(each, Verdict.MISSED, moment=moment, tasks=("home",)), each, day)
            tx.add_day_start(DayStart(moment - number // 2 * 4 * HOUR, day))
        tx.refresh_cells([HOME, replace(HOME, day=DAY + ONE_DAY)], LATER)
        before = tx.revision()
        tx.forget_plan(DAY + ONE_DAY)
        assert tx.changes_since(before).keys == (ObjectKey(ObjectKind.EVENT, old.id),)
    with catalogue.read() as view:
        assert [each.event for each in view.past(*EVER, None, 9)] == [event, new]
        assert [cell.key.day for cell in view.cells(date.min, date.max)] == [DAY + ONE_DAY]
        assert [start.day for start in view.day_starts(DAY)] == [DAY + ONE_DAY]
        assert view.event_by_id(old.id) is None
        assert view.event_by_id(new.id) == new
        assert view.event_by_id(waiting.id) == waiting
        assert view.event(event.name) == event


def test_the_day_that_spans_the_border_stays_known(catalogue: Catalogue) -> None:
    starts = [DayStart(EIGHT + n * ONE_DAY, DAY + n * ONE_DAY) for n in (0, 1, 4)]
    with catalogue.write() as tx:
        for start in starts:
            tx.add_day_start(start)
        tx.forget_plan(DAY + 2 * ONE_DAY)
        assert tx.day_starts(DAY) == starts[1:]
        tx.forget_plan(DAY - ONE_DAY)
        assert tx.day_starts(DAY) == starts[1:]


def test_a_plan_that_fails_leaves_nothing(catalogue: Catalogue, events: dict[str, Event]) -> None:
    event = events["home daily"]

    def write_and_fail() -> None:
        with catalogue.write() as tx:
            start = tx.add_event(AT_ONCE)
            tx.put_decided(decided(start, Verdict.MISSED, tasks=("home",)), start, DAY)
            tx.put_decided(decided(event), event, DAY)
            tx.set_decided_until(EIGHT)
            tx.add_day_start(DayStart(EIGHT, DAY))
            tx.refresh_cells([HOME], LATER)
            raise ValueError("undo")

    with pytest.raises(ValueError, match="undo"):
        write_and_fail()
    with catalogue.read() as view:
        assert view.past(*EVER, None, 5) == []
        assert (view.decided_until(), view.day_starts(DAY)) == (None, [])
        assert view.cells(DAY, DAY) == []
        assert len(view.plans()) == 3


# --- what a person took back ----------------------------------------------------------------------


def test_what_was_taken_back_stays_so_on_any_clock(
    catalogue: Catalogue, events: dict[str, Event]
) -> None:
    event = events["home daily"]
    ahead = EIGHT + 3 * ONE_DAY
    cancelled = decided(event, Verdict.CANCELLED, moment=ahead, tasks=("home",))
    missed = decided(events["dump"], Verdict.MISSED, moment=ahead)
    put(catalogue, replace(cancelled, decide_time=EIGHT + ONE_DAY), event)
    put(catalogue, replace(missed, decide_time=EIGHT + ONE_DAY), events["dump"])
    slots = {cancelled.slot, missed.slot}
    with catalogue.read() as view:
        assert view.decided_slots(EIGHT, EIGHT + ONE_DAY) == slots
        assert view.decided_slots(EIGHT, EIGHT) == {cancelled.slot}
        assert view.taken_back(EIGHT) == {cancelled.slot}
        assert view.taken_back(ahead) == set()
    with catalogue.write() as tx:
        tx.refresh_cells({HOME}, EIGHT)
        tx.reopen(EIGHT, EIGHT)
        cell = tx.cell(HOME)
        assert cell is not None
        assert (cell.state, cell.runs) == (EntryState.CANCELLED, 1)
        [left] = tx.past(*EVER, None, 9)
        assert left.occurrence.slot == cancelled.slot
