"""The calendar over the wire: every field and state of the agent as a record of the desk."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from sesam_api.v1 import calendar_pb2, events_pb2, groups_pb2, jobs_pb2, location_pb2
from sesam_master.core.calendar_days import Cause, Occurrence
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import ObjectsChanged
from sesam_master.core.records import BackupType
from sesam_master.core.registry import RegistrationChange
from sesam_master.core.sheet import CELL_STATES, CODE, CellChange, RowKind, Span
from sesam_master.core.states import Connection, JobState
from sesam_master.remote import convert_calendar
from tests.desk.remote.rig import HubRig
from tests.fakes.agent_server import FakeAgent

FIRST, LAST = date(2025, 2, 26), date(2025, 2, 28)
AT = datetime(2025, 2, 28, 22, 0, tzinfo=UTC)
Change = location_pb2.Change


@pytest.fixture
def agent() -> Iterator[FakeAgent]:
    with FakeAgent("Alpha") as agent:
        agent.location.sheet_rows = [
            calendar_pb2.SheetRow(
                kind=events_pb2.EVENT_KIND_BACKUP,
                name="docs",
                client="fs-01",
                states=bytes((0, calendar_pb2.OCCURRENCE_STATE_OK, 77)),
                runs=bytes((0, 2, 255)),
                planned=bytes((1, 0, 3)),
            ),
            calendar_pb2.SheetRow(
                kind=events_pb2.EVENT_KIND_COMMAND, name="docs", states=bytes(3), runs=bytes(3),
                planned=bytes(3),
            ),
        ]  # fmt: skip
        for name, tasks in (("night", ["docs", "mail"]), ("all", ["docs"])):
            agent.location.groups[name] = groups_pb2.TaskGroup(name=name, tasks=tasks)
        yield agent


@pytest.fixture
def rig(agent: FakeAgent) -> Iterator[HubRig]:
    rig = HubRig()
    rig.register(agent)
    with rig:
        rig.until(agent.location.location_id, Connection.ON)
        yield rig


@pytest.fixture
def here(agent: FakeAgent) -> str:
    return agent.location.location_id


def occurrence(number: int, **fields: object) -> calendar_pb2.Occurrence:
    message = calendar_pb2.Occurrence(event_id=str(number), **fields)  # type: ignore[arg-type]
    message.planned_time.FromDatetime(AT + timedelta(seconds=number))
    return message


@pytest.mark.parametrize("number", calendar_pb2.OccurrenceState.values())
def test_every_state_of_the_contract_has_its_own_code(number: int) -> None:
    name = calendar_pb2.OccurrenceState.Name(number).removeprefix("OCCURRENCE_STATE_")  # type: ignore[arg-type]
    wanted = JobState.NOT_PLANNED if name == "UNSPECIFIED" else JobState[name]
    message = calendar_pb2.GetCalendarSheetResponse(
        first_sesam_day="2025-03-01",
        days=1,
        open_sesam_day="2025-03-01",
        rows=[
            calendar_pb2.SheetRow(
                kind=events_pb2.EVENT_KIND_NEWDAY,
                states=bytes((number,)),
                runs=b"\0",
                planned=b"\0",
            )
        ],
    )
    row = convert_calendar.sheet("a", message, {}, AT).rows[0]
    assert CELL_STATES[row.states[0]] is wanted
    assert row.kind is RowKind.NEWDAY


def test_a_sheet_has_days_groups_and_the_revision(rig: HubRig, here: str, agent: FakeAgent) -> None:
    agent.location.put_client("fs-01")
    sheet = rig.ask(rig.hub.gateway.sheet(here, FIRST, LAST))
    docs, command = sheet.rows
    assert (sheet.span, sheet.open_day) == (Span(FIRST, 3), date(2025, 3, 1))
    assert sheet.revision == agent.location.revision == 1
    assert sheet.planned_until is not None
    assert docs.key == (RowKind.BACKUP, "docs")
    assert docs.states == bytes(
        (CODE[JobState.NOT_PLANNED], CODE[JobState.OK], CODE[JobState.UNKNOWN])
    )
    assert (docs.runs, docs.planned) == (bytes((0, 2, 255)), bytes((1, 0, 3)))
    assert docs.groups == ("all", "night")
    assert command.groups == ()


@pytest.mark.parametrize(
    ("begun", "ended"), [(("11-30", "12-01"), "11-30"), (("11-28", "12-02"), "11-27"), ((), None)]
)
def test_the_last_day_of_a_sheet_is_whole_where_the_plan_reaches_its_end(
    begun: tuple[str, ...], ended: str | None
) -> None:
    message = calendar_pb2.GetCalendarSheetResponse(
        first_sesam_day="2026-11-01", days=30, open_sesam_day="2026-11-23"
    )
    message.planned_until.FromDatetime(datetime(2026, 12, 1, 7, tzinfo=UTC))
    for day in begun:
        start = message.day_starts.add(sesam_day=f"2026-{day}")
        start.time.FromDatetime(datetime.fromisoformat(f"2026-{day}T07:00:00+00:00"))
    made = convert_calendar.sheet("Oslo", message, {}, datetime(2026, 11, 23, tzinfo=UTC))
    through = date.fromisoformat(f"2026-{ended}") if ended else date(2026, 11, 29)
    assert made.planned_through == through


def test_an_answer_that_is_no_sheet_is_an_error_of_the_agent(
    rig: HubRig, here: str, agent: FakeAgent
) -> None:
    agent.location.open_sesam_day = "never"
    with pytest.raises(LocationError) as caught:
        rig.ask(rig.hub.gateway.sheet(here, FIRST, LAST))
    assert caught.value.trouble is Trouble.INTERNAL


def test_an_occurrence_with_all_its_fields(rig: HubRig, here: str, agent: FakeAgent) -> None:
    message = occurrence(
        1,
        event="docs nightly",
        kind=events_pb2.EVENT_KIND_BACKUP,
        schedule="nightly",
        task="docs",
        group="night",
        client="fs-01",
        type=jobs_pb2.BACKUP_TYPE_INC,
        state=calendar_pb2.OCCURRENCE_STATE_MISSED,
        sesam_day="2025-02-28",
        job_id="17",
        started_late=True,
        cause=calendar_pb2.OCCURRENCE_CAUSE_BLOCKED_BY,
        by="archive",
        text="held",
        started_by="local",
    )
    message.decide_time.FromDatetime(AT)
    agent.location.occurrences = [message]
    [found] = rig.ask(rig.hub.gateway.occurrences(here, AT, AT + timedelta(days=1)))
    assert found == Occurrence(
        here, "1", AT + timedelta(seconds=1), "docs nightly", RowKind.BACKUP, "docs", "fs-01",
        JobState.MISSED, "2025-02-28", BackupType.INC, "nightly", "night", "17", AT, True,
        Cause.BLOCKED_BY, "archive", "held", "local",
    )  # fmt: skip


def test_what_was_taken_back_says_by_whom(rig: HubRig, here: str, agent: FakeAgent) -> None:
    state = calendar_pb2.OCCURRENCE_STATE_CANCELLED
    cause = calendar_pb2.OCCURRENCE_CAUSE_TAKEN_BACK
    agent.location.occurrences = [occurrence(1, state=state, cause=cause, by="ana")]
    [found] = rig.ask(rig.hub.gateway.occurrences(here, AT, AT + timedelta(days=1)))
    assert (found.state, found.cause, found.by) == (JobState.CANCELLED, Cause.TAKEN_BACK, "ana")


def test_all_pages_of_a_long_day_come(rig: HubRig, here: str, agent: FakeAgent) -> None:
    agent.location.occurrences = [occurrence(number) for number in range(2_500)]
    found = rig.ask(rig.hub.gateway.occurrences(here, AT, AT + timedelta(days=1)))
    assert [one.event_id for one in found] == [str(number) for number in range(2_500)]
    assert found[0].job_id is None
    assert [name for name, _ in agent.calls].count("ListCalendar") == 3


def test_changes_of_cells_and_plan_are_told(rig: HubRig, here: str, agent: FakeAgent) -> None:
    cell = calendar_pb2.CalendarCell(
        kind=events_pb2.EVENT_KIND_BACKUP,
        name="docs",
        client="fs-01",
        sesam_day="2025-02-28",
        state=calendar_pb2.OCCURRENCE_STATE_ERROR,
        runs=3,
    )
    agent.location.record(Change(calendar_cell=cell))
    rig.wait(lambda: any(told.cells for told in changes(rig)))
    told = next(told for told in changes(rig) if told.cells)
    wanted = CellChange(RowKind.BACKUP, "docs", "fs-01", LAST, JobState.ERROR, 3)
    assert told.cells == {wanted.key: wanted}
    assert (told.revision, told.is_plan_changed) == (agent.location.revision, False)

    agent.location.record(Change(removed_group="all"))
    rig.wait(lambda: any(told.is_plan_changed for told in changes(rig)))
    docs = rig.ask(rig.hub.gateway.sheet(here, FIRST, LAST)).rows[0]
    assert docs.groups == ("night",)


def changes(rig: HubRig) -> list[ObjectsChanged]:
    return [event for event in rig.events if isinstance(event, ObjectsChanged)]


def test_a_dark_location_gives_what_was_kept_even_after_a_new_start(
    agent: FakeAgent, here: str
) -> None:
    with HubRig() as bare, pytest.raises(LocationError):
        bare.ask(bare.hub.gateway.sheet(here, FIRST, LAST))
    rig = HubRig()
    rig.register(agent)
    with rig:
        rig.until(here, Connection.ON)
        rig.wait_for_kept(lambda: any(kept.sheet for kept in rig.pictures.load()))
        live = rig.ask(rig.hub.gateway.sheet(here, FIRST, LAST))
    agent.stop()
    later = HubRig()
    later.pictures.save(rig.pictures.load())
    later.register(agent)
    with later:
        later.wait(lambda: here in later.fleet.locations and later.state(here).picture is not None)
        kept = later.ask(later.hub.gateway.sheet(here, FIRST, LAST))
        with pytest.raises(LocationError) as caught:
            later.ask(later.hub.gateway.occurrences(here, AT, AT + timedelta(days=1)))
    for there, here_again in zip(live.rows, kept.rows, strict=True):
        assert here_again.states[-3:] == there.states
        assert here_again.groups == there.groups
    assert kept.as_of < live.as_of
    assert caught.value.trouble is Trouble.UNREACHABLE


def test_a_location_that_is_off_gives_what_was_kept(
    rig: HubRig, here: str, agent: FakeAgent
) -> None:
    rig.wait_for_kept(lambda: any(kept.sheet for kept in rig.pictures.load()))
    rig.ask(rig.hub.gateway.change_registration(here, RegistrationChange(is_on=False)))
    rig.until(here, Connection.OFF)
    assert rig.ask(rig.hub.gateway.sheet(here, FIRST, LAST)).rows[0].name == "docs"


def test_what_a_live_location_does_not_answer_is_not_taken_from_what_was_kept(
    rig: HubRig, here: str, agent: FakeAgent
) -> None:
    rig.wait_for_kept(lambda: any(kept.sheet for kept in rig.pictures.load()))
    agent.location.open_sesam_day = "never"
    with pytest.raises(LocationError):
        rig.ask(rig.hub.gateway.sheet(here, FIRST, LAST))


def test_what_is_of_a_kind_that_only_a_newer_agent_knows_is_told() -> None:
    cell = calendar_pb2.CalendarCell(
        kind=99,  # type: ignore[arg-type]
        name="scrub",
        sesam_day="2026-11-23",
        state=calendar_pb2.OCCURRENCE_STATE_ERROR,
        runs=1,
    )
    change = convert_calendar.cell(cell)
    assert change is not None
    assert change.kind is RowKind.UNKNOWN
    run = convert_calendar.occurrence("a", occurrence(1, kind=99, task="scrub"))
    assert run.title == "scrub (unknown kind)"
