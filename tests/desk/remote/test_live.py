"""One location as its stream tells it: the agent says what is watched, the desk follows."""

from datetime import UTC, datetime, timedelta

from sesam_api.v1 import (
    calendar_pb2,
    drives_pb2,
    events_pb2,
    groups_pb2,
    jobs_pb2,
    location_pb2,
    schedules_pb2,
)
from sesam_master.core.fleet import ObjectsChanged
from sesam_master.core.records import JobKind
from sesam_master.core.states import JobState
from sesam_master.remote.live import LiveState

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
Change = location_pb2.Change


def job(job_id: str, state: int, kind: int = jobs_pb2.JOB_KIND_BACKUP) -> jobs_pb2.Job:
    return jobs_pb2.Job(job_id=job_id, state=state, kind=kind, task="docs")


def live(*jobs: jobs_pb2.Job) -> LiveState:
    location = location_pb2.Location(location_id="a", name="Alpha")
    first = location_pb2.Snapshot(first=True, location=location, epoch="e1")
    return LiveState([first, location_pb2.Snapshot(complete=True, jobs=jobs)])


def ids(state: LiveState) -> set[str]:
    return set(LiveState.from_bytes(state.to_bytes()).picture().jobs)


def take(state: LiveState, *changes: Change) -> ObjectsChanged:
    event = state.take(changes, NOW)
    assert event is not None
    return event


def test_an_ended_backup_takes_the_place_of_the_one_before_when_the_agent_says_so() -> None:
    state = live(job("1", jobs_pb2.JOB_STATE_OK), job("2", jobs_pb2.JOB_STATE_ACTIVE))
    ended = Change(job=job("2", jobs_pb2.JOB_STATE_ERROR))
    event = take(state, Change(removed_job="1"), ended)
    assert event.removed_jobs == {"1"}
    assert event.jobs["2"].state is JobState.ERROR
    assert ids(state) == {"2"}


def test_a_backup_that_is_not_the_newest_of_its_task_is_told_and_not_kept() -> None:
    state = live(job("1", jobs_pb2.JOB_STATE_OK), job("2", jobs_pb2.JOB_STATE_ACTIVE))
    event = take(state, Change(job=job("2", jobs_pb2.JOB_STATE_OK)), Change(removed_job="2"))
    assert event.jobs["2"].state is JobState.OK
    assert event.removed_jobs == {"2"}
    assert ids(state) == {"1"}


def test_the_last_value_of_a_restore_is_told() -> None:
    restore = jobs_pb2.JOB_KIND_RESTORE
    state = live(job("3", jobs_pb2.JOB_STATE_ACTIVE, restore))
    ended = Change(job=job("3", jobs_pb2.JOB_STATE_OK, restore))
    event = take(state, ended, Change(removed_job="3"))
    assert event.jobs["3"].state is JobState.OK
    assert ids(state) == set()


def test_a_removed_task_takes_no_job_with_it_by_itself() -> None:
    state = live(job("1", jobs_pb2.JOB_STATE_OK))
    assert take(state, Change(removed_task="docs")).removed_jobs == frozenset()
    assert ids(state) == {"1"}
    take(state, Change(removed_job="1"))
    assert ids(state) == set()


def test_an_unknown_job_may_be_removed() -> None:
    state = live()
    assert take(state, Change(removed_job="9")).removed_jobs == {"9"}


def test_the_epoch_is_kept_with_the_state() -> None:
    assert live().epoch == "e1"
    assert LiveState.from_bytes(live().to_bytes()).epoch == "e1"


def test_the_plan_is_kept_with_the_state_and_follows_its_changes() -> None:
    night = groups_pb2.TaskGroup(name="night", tasks=["docs", "mail"])
    event = events_pb2.Event(event_id="7", name="docs daily")
    location = location_pb2.Location(location_id="a", name="Alpha")
    state = LiveState(
        [location_pb2.Snapshot(first=True, location=location, groups=[night], events=[event])]
    )
    assert state.groups() == {"docs": ("night",), "mail": ("night",)}
    every = Change(group=groups_pb2.TaskGroup(name="all", tasks=["docs"]))
    assert take(state, every, Change(removed_event="7")).is_plan_changed
    again = LiveState.from_bytes(state.to_bytes())
    assert again.groups() == {"docs": ("all", "night"), "mail": ("night",)}
    assert not location_pb2.Snapshot.FromString(state.to_bytes()).events
    assert take(state, Change(removed_group="night")).is_plan_changed
    assert state.groups() == {"docs": ("all",)}


def test_a_drive_or_a_job_changes_no_plan_and_a_task_does() -> None:
    state = live()
    drive = Change(drive=drives_pb2.Drive(name="one"))
    told = state.take([drive], NOW)
    assert told is not None
    assert (told.is_plan_changed, told.is_media_changed) == (False, True)
    assert not take(state, Change(job=job("1", jobs_pb2.JOB_STATE_OK))).is_plan_changed
    assert take(state, Change(removed_task="docs")).is_plan_changed


def test_of_a_cell_the_newest_is_told_and_one_that_cannot_be_is_not() -> None:
    def cell(day: str, runs: int, kind: int = events_pb2.EVENT_KIND_BACKUP) -> Change:
        ok = calendar_pb2.OCCURRENCE_STATE_OK
        return Change(
            calendar_cell=calendar_pb2.CalendarCell(
                kind=kind,  # type: ignore[arg-type]
                name="docs",
                sesam_day=day,
                state=ok,
                runs=runs,
            )
        )

    newest = [cell("2026-11-23", 1), cell("2026-11-23", 2), cell("", 1)]
    event = live().take(newest, NOW, 12)
    assert event is not None
    assert [(told.day.day, told.runs) for told in event.cells.values()] == [(23, 2)]
    assert event.revision == 12
    gone = cell("2026-11-23", 0)
    gone.calendar_cell.state = calendar_pb2.OCCURRENCE_STATE_UNSPECIFIED
    assert [told.state for told in take(live(), gone).cells.values()] == [None]


def test_a_start_that_was_made_is_no_other_plan() -> None:
    def hourly(next_time: datetime, schedule: str = "hourly") -> Change:
        event = events_pb2.Event(event_id="7", name="hourly", schedule=schedule)
        event.next_time.FromDatetime(next_time)
        return Change(event=event)

    state = live()
    assert take(state, hourly(NOW)).is_plan_changed  # a new one
    later = NOW + timedelta(hours=1)
    assert state.take([hourly(later)], NOW) is None
    kept = location_pb2.Snapshot.FromString(state.to_bytes()).events
    assert [event.next_time.ToDatetime(UTC) for event in kept] == [later]
    # The next start is another before its time has come: it was taken back, or moved.
    assert take(state, hourly(later + timedelta(hours=1))).is_plan_changed
    moved = hourly(later + timedelta(hours=2), schedule="nightly")
    assert take(state, moved).is_plan_changed


def test_a_schedule_that_is_told_again_as_it_is_is_no_other_plan() -> None:
    night = schedules_pb2.Schedule(name="night", rule="FREQ=DAILY")
    state = live()
    assert take(state, Change(schedule=night)).is_plan_changed
    assert state.take([Change(schedule=night)], NOW) is None
    ended = schedules_pb2.Schedule(name="night", rule="FREQ=DAILY", comment="over")
    assert take(state, Change(schedule=ended)).is_plan_changed


def test_a_job_of_a_kind_that_only_a_newer_agent_knows_is_no_backup() -> None:
    state = live(job("1", jobs_pb2.JOB_STATE_OK), job("2", jobs_pb2.JOB_STATE_ACTIVE, 99))
    picture = state.picture()
    assert picture.backups == {"docs": ("1",)}
    assert picture.jobs["2"].kind is JobKind.UNKNOWN
    assert take(state, Change(job=job("3", jobs_pb2.JOB_STATE_OK, 98))).jobs["3"].kind == "unknown"
