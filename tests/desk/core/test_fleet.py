"""What the desk knows after which events."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sesam_master.core.coverage import Coverage
from sesam_master.core.farm_edits import mark_farm
from sesam_master.core.farms import ROOT, Farms, Marks, Switches
from sesam_master.core.fleet import (
    ConnectionChanged,
    ConnectionTrouble,
    Fleet,
    ObjectsChanged,
    Picture,
    PictureArrived,
    RegistrationsChanged,
)
from sesam_master.core.lazy import Lazy
from sesam_master.core.maintenance import MaintenanceWindow
from sesam_master.core.records import Client, Identity, Job, JobKind, Role, Task
from sesam_master.core.registry import Registration
from sesam_master.core.states import Connection, JobState
from tests.fakes.fleet import backups_of

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HERE = "a"


def registration(location_id: str, is_on: bool = True) -> Registration:
    return Registration(location_id, location_id.upper(), "", "h", 1, b"", "", is_on)


def job(job_id: str, state: JobState, task: str = "docs", kind: JobKind = JobKind.BACKUP) -> Job:
    return Job(
        location_id=HERE,
        id=job_id,
        kind=kind,
        state=state,
        task=task,
        client="fs",
        requested_type=None,
        type=None,
        saveset="",
        create_time=NOW,
        start_time=None,
        end_time=None,
        sesam_day="2026-11-23",
        progress=None,
        files=0,
        size_bytes=0,
        stored_bytes=0,
        skipped=0,
        message="",
        started_by="",
        target=b"",
    )


def picture(*jobs: Job) -> Picture:
    states = {state: sum(j.state is state for j in jobs) for state in {j.state for j in jobs}}
    return Picture(
        Identity(HERE, "A", "h", "1", "UTC", (), NOW),
        Role.ADMIN,
        Lazy({"fs": Client("fs", "local", "")}),
        Lazy({"docs": Task("docs", "fs", (b"/srv",), (), "")}),
        Lazy({j.id: j for j in jobs}),
        states,
        backups_of(jobs),
        {j.id for j in jobs if j.is_open},
    )


@pytest.fixture
def fleet() -> Fleet:
    fleet = Fleet()
    fleet.apply(RegistrationsChanged((registration("a"), registration("b", is_on=False))))
    return fleet


def connected(location_id: str = HERE, proof_time: datetime = NOW) -> ConnectionChanged:
    return ConnectionChanged(location_id, Connection.ON, None, proof_time)


def test_nothing_is_proved_at_the_start(fleet: Fleet) -> None:
    assert [s.connection for s in fleet.locations.values()] == [Connection.STALE, Connection.OFF]
    coverage = fleet.coverage(NOW)
    assert (coverage.covered, coverage.total, coverage.is_complete) == (0, 2, False)


def test_coverage_has_the_age_of_the_proofs(fleet: Fleet) -> None:
    fleet.apply(connected(proof_time=NOW - timedelta(seconds=9)))
    coverage = fleet.coverage(NOW)
    assert (coverage.covered, coverage.oldest_age, coverage.newest_age) == (1, 9.0, 9.0)
    assert fleet.coverage(NOW, ["b"]).covered == 0
    assert fleet.coverage(NOW, ["a", "gone"]).is_complete


def test_a_live_picture_is_not_replaced_by_a_remembered_one(fleet: Fleet) -> None:
    fleet.apply(PictureArrived(HERE, picture(job("2", JobState.OK)), NOW))
    old = PictureArrived(HERE, picture(), NOW - timedelta(days=1), is_remembered=True)
    assert fleet.apply(old).pictures == set()
    assert "2" in fleet.locations[HERE].picture.jobs
    assert fleet.locations[HERE].proof_time == NOW


def test_open_work_of_a_dark_location_is_unknown_and_its_failures_stay(
    fleet: Fleet,
) -> None:
    running, failed = job("1", JobState.ACTIVE), job("2", JobState.ERROR, "mail")
    fleet.apply(PictureArrived(HERE, picture(running, failed), NOW))
    fleet.apply(connected())
    state = fleet.locations[HERE]
    assert state.shown_state(running) is JobState.ACTIVE
    assert state.trouble_counts == {JobState.ERROR: 1}
    trouble = ConnectionTrouble("tcp", "refused", NOW)
    change = fleet.apply(ConnectionChanged(HERE, Connection.BROKEN, trouble, None))
    assert change.connections == {HERE}
    assert state.proof_time == NOW
    assert state.shown_state(running) is JobState.UNKNOWN
    assert state.shown_state(failed) is JobState.ERROR
    assert state.trouble_counts == {JobState.ERROR: 1}
    assert state.is_in_trouble


def test_a_broken_connection_is_trouble_by_itself_and_a_stale_one_is_not(fleet: Fleet) -> None:
    fleet.apply(PictureArrived(HERE, picture(), NOW))
    state = fleet.locations[HERE]
    told = []
    for connection in (Connection.BROKEN, Connection.STALE, Connection.ON):
        fleet.apply(ConnectionChanged(HERE, connection, None, None))
        told.append(state.is_in_trouble)
    assert told == [True, False, False]


def test_no_event_looks_at_more_jobs_than_it_names(fleet: Fleet) -> None:
    raw = {str(number): number for number in range(1, 1001)}
    converted: list[int] = []

    def convert(number: int) -> Job:
        converted.append(number)
        return job(str(number), JobState.OK, f"task-{number}")

    base = picture()
    backups = {f"task-{number}": (str(number),) for number in range(1, 1001)}
    states = {JobState.OK: 1000}
    many = replace(base, jobs=Lazy(raw, convert), states=states, backups=backups)
    fleet.apply(PictureArrived(HERE, many, NOW))
    state = fleet.locations[HERE]
    new = job("2000", JobState.ERROR, "task-7")
    fleet.apply(
        ObjectsChanged(HERE, NOW, jobs={new.id: new}, removed_jobs=frozenset({"7", "nobody"}))
    )
    assert state.newest_backup("task-7") == new
    fleet.apply(ObjectsChanged(HERE, NOW, removed_jobs=frozenset({"2000"})))

    assert state.newest_backup("task-7") is None
    assert state.newest_backup("task-8") is not None
    assert converted == [7, 8]
    assert state.picture is not None
    assert state.picture.states == {JobState.OK: 999}


def test_changes_touch_only_what_they_name(fleet: Fleet) -> None:
    fleet.apply(PictureArrived(HERE, picture(job("1", JobState.OK)), NOW))
    new = Task("mail", "fs", (b"/mail",), (), "")
    change = fleet.apply(
        ObjectsChanged(HERE, NOW, tasks={"mail": new}, removed_tasks=frozenset({"docs"}))
    )
    assert change.tasks == {(HERE, "mail"), (HERE, "docs")}
    assert change.jobs == change.pictures == change.clients == set()
    assert list(fleet.locations[HERE].picture.tasks) == ["mail"]


def test_jobs_stay_until_the_location_says_that_they_are_gone(fleet: Fleet) -> None:
    fleet.apply(PictureArrived(HERE, picture(job("1", JobState.OK)), NOW))
    for changed, removed in (
        (job("2", JobState.ACTIVE), ()),
        (job("3", JobState.QUEUED), ()),
        (job("4", JobState.ACTIVE, kind=JobKind.RESTORE), ()),
        (job("2", JobState.ERROR), ("1", "never seen")),
        (job("4", JobState.OK, kind=JobKind.RESTORE), ("4",)),
    ):
        gone = frozenset(removed)
        change = fleet.apply(
            ObjectsChanged(HERE, NOW, jobs={changed.id: changed}, removed_jobs=gone)
        )
        assert change.jobs == {(HERE, changed.id), *((HERE, job_id) for job_id in removed)}
    state = fleet.locations[HERE]
    assert state.picture is not None
    assert {j.id: j.state for j in state.picture.jobs.values()} == {
        "2": JobState.ERROR,
        "3": JobState.QUEUED,
    }
    assert state.picture.states == {JobState.ERROR: 1, JobState.QUEUED: 1}
    newest = state.newest_backup("docs")
    assert newest is not None
    assert newest.id == "3"
    assert state.newest_backup("mail") is None


def test_events_of_unlisted_locations_are_dropped(fleet: Fleet) -> None:
    fleet.apply(RegistrationsChanged((registration("b"),)))
    assert fleet.apply(connected()).connections == set()
    assert list(fleet.locations) == ["b"]


def test_a_renamed_location_keeps_what_is_known(fleet: Fleet) -> None:
    fleet.apply(PictureArrived(HERE, picture(), NOW))
    renamed = Registration(HERE, "Vienna", "EMEA", "h", 1, b"", "")
    assert fleet.apply(RegistrationsChanged((renamed,))).locations_listed
    assert fleet.locations[HERE].registration.name == "Vienna"
    assert fleet.locations[HERE].picture is not None


def test_lazy_converts_once_and_on_demand() -> None:
    converted: list[int] = []

    def convert(raw: int) -> str:
        converted.append(raw)
        return str(raw)

    values = Lazy({"one": 1, "two": 2}, convert)
    assert (len(values), sorted(values), converted) == (2, ["one", "two"], [])
    assert (values["two"], values["two"], converted) == ("2", "2", [2])
    values.put("three", "3")
    values.drop("one")
    values.drop("one")
    assert dict(values) == {"two": "2", "three": "3"}


def test_the_failure_of_a_removed_task_is_no_trouble_any_more(fleet: Fleet) -> None:
    failed, running = job("1", JobState.ERROR), job("2", JobState.ACTIVE, "mail")
    fleet.apply(PictureArrived(HERE, picture(failed, running), NOW))
    fleet.apply(connected())
    assert fleet.locations[HERE].trouble_counts == {JobState.ERROR: 1}
    gone = ObjectsChanged(
        HERE, NOW, removed_tasks=frozenset({"docs"}), removed_jobs=frozenset({"1"})
    )
    fleet.apply(gone)
    assert fleet.locations[HERE].trouble_counts == {}
    kept = fleet.locations[HERE].picture
    assert kept is not None
    assert set(kept.jobs) == {"2"}


@pytest.mark.parametrize(
    ("name", "zone"), [("America/Denver", "America/Denver"), ("Mars/Olympus", "UTC"), ("", "UTC")]
)
def test_the_zone_of_a_site_is_utc_where_it_is_not_known(
    fleet: Fleet, name: str, zone: str
) -> None:
    place = fleet.locations[HERE]
    assert str(place.zone) == "UTC"
    shown = picture()
    identity = replace(shown.identity, time_zone=name)
    fleet.apply(PictureArrived(HERE, replace(shown, identity=identity), NOW))
    assert str(place.zone) == zone


def night(hours: int) -> MaintenanceWindow:
    here = NOW.replace(tzinfo=None)
    return MaintenanceWindow(here - timedelta(hours=1), here + timedelta(hours=hours), "UTC")


def controlled(switches: Switches) -> Fleet:
    """One location, which is broken, under these switches."""
    fleet = Fleet()
    farms = mark_farm(Farms().adopted((registration("a"),)), ROOT, Marks(switches=switches))
    listed = (farms.applied(registration("a")),)
    fleet.apply(RegistrationsChanged(listed, farms, NOW))
    kind = Connection.OFF if switches.is_off else Connection.BROKEN
    fleet.apply(ConnectionChanged("a", kind, None, None))
    return fleet


def test_what_is_off_or_in_maintenance_needs_nobody() -> None:
    assert controlled(Switches()).locations["a"].is_in_trouble
    assert controlled(Switches(observes=True)).locations["a"].is_in_trouble
    for switches in (Switches(is_off=True), Switches(windows=(night(1),))):
        state = controlled(switches).locations["a"]
        assert state.is_silent
        assert not state.is_in_trouble


def test_maintenance_is_known_at_once_and_ends_by_itself() -> None:
    fleet = controlled(Switches(windows=(night(2),)))
    state, end = fleet.locations["a"], NOW + timedelta(hours=2)
    assert state.maintenance_end == end, "before anything can alarm"
    assert fleet.expire(end - timedelta(seconds=1)).connections == set()
    assert fleet.expire(end).connections == {"a"}
    assert state.is_in_trouble
    assert fleet.expire(end + timedelta(days=1)).connections == set()


def test_coverage_says_how_many_are_off() -> None:
    coverage = controlled(Switches(is_off=True)).coverage(NOW)
    assert (coverage.covered, coverage.total, coverage.off) == (0, 1, 1)
    with pytest.raises(ValueError, match="cannot be off"):
        Coverage(2, 3, off=2)
