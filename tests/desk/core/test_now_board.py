"""What is open anywhere follows the fleet."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from sesam_master.core.fleet import (
    ConnectionChanged,
    Fleet,
    FleetEvent,
    ObjectsChanged,
    PictureArrived,
    RegistrationsChanged,
)
from sesam_master.core.now import BoardChange, NowBoard, Runs
from sesam_master.core.now_estimate import Doubt, Left, Run
from sesam_master.core.records import BackupType, Job, Phase, Progress
from sesam_master.core.states import Connection, JobState
from tests.fakes import fleet as made

NOW = made.NOW


class Rig:
    """A board over a fleet, and a clock that a test sets."""

    def __init__(self, *names: str) -> None:
        self.fleet = Fleet()
        self.runs: dict[str, Runs] = {}
        self.now = NOW
        self.board = NowBoard(self.fleet, lambda job: self.runs.get(job.task, Doubt.ASKING))
        self.tell(RegistrationsChanged(tuple(made.registration(name) for name in names)))
        for name in names:
            self.connect(name)

    def tell(self, event: FleetEvent) -> BoardChange:
        return self.board.take(self.fleet.apply(event), self.now)

    def connect(self, name: str, connection: Connection = Connection.ON) -> BoardChange:
        return self.tell(ConnectionChanged(name, connection, None, self.now))

    def show(self, name: str, *jobs: Job) -> BoardChange:
        return self.tell(PictureArrived(name, made.picture(name, 1, 1, *jobs), self.now))

    def report(self, *jobs: Job) -> BoardChange:
        changes = [
            self.tell(ObjectsChanged(job.location_id, self.now, jobs={job.id: job})) for job in jobs
        ]
        return changes[-1]

    def keys(self) -> set[tuple[str, str]]:
        return {one.key for one in self.board}


def running(name: str, number: int, done: int = 0, total: int | None = 1000) -> Job:
    progress = Progress(Phase.TRANSFER, 1, None, done, total, 0, "")
    job = made.job(name, number, f"task-{number}", JobState.ACTIVE)
    return replace(job, progress=progress, type=BackupType.FULL)


def waiting(name: str, number: int, priority: int = 1, since: datetime = NOW) -> Job:
    job = made.job(name, number, f"task-{number}", JobState.QUEUED)
    return replace(job, priority=priority, create_time=since, planned_time=since, start_time=None)


def test_a_picture_brings_its_open_jobs_and_no_others() -> None:
    rig = Rig("lab")
    ended = [made.job("lab", number, "old", JobState.OK) for number in range(20)]

    moved = rig.show("lab", *ended, running("lab", 30), waiting("lab", 31))

    assert rig.keys() == {("lab", "30"), ("lab", "31")} == moved.keys


def test_what_ends_goes_and_is_told() -> None:
    rig = Rig("lab", "site")
    rig.show("lab", running("lab", 1))
    rig.show("site", running("site", 1))

    moved = rig.report(made.job("lab", 1, "task-1", JobState.OK))

    assert rig.keys() == {("site", "1")}
    assert [job.key for job in moved.ended] == [("lab", "1")]
    assert moved.keys == {("lab", "1")}


def test_what_a_new_picture_does_not_have_any_more_has_ended() -> None:
    rig = Rig("lab")
    rig.show("lab", running("lab", 1), running("lab", 2))

    moved = rig.show("lab", running("lab", 2), made.job("lab", 1, "task-1", JobState.OK))

    assert rig.keys() == {("lab", "2")}
    assert [job.id for job in moved.ended] == ["1"]


def test_a_dark_location_leaves_what_was_known_without_rate_or_rest() -> None:
    rig = Rig("lab")
    rig.runs["task-1"] = (Run(1000, 100),) * 2
    rig.show("lab", running("lab", 1))
    for second in range(20):
        rig.now = NOW + timedelta(seconds=second)
        rig.report(running("lab", 1, done=second * 10))
    [live] = rig.board
    assert live.rate(rig.now) == pytest.approx(10)
    assert live.left(rig.now) == Left(pytest.approx(84.6, abs=4), pytest.approx(0))

    rig.connect("lab", Connection.BROKEN)

    [dark] = rig.board
    assert dark.state(rig.now) is JobState.UNKNOWN
    assert (dark.rate(rig.now), dark.left(rig.now)) == (None, None)
    assert dark.seconds_since(dark.job.start_time, rig.now) is None
    assert dark.share == 0.19
    assert rig.board.total_rate(rig.now) == 0


def test_the_sum_marks_where_a_location_with_work_dropped_out() -> None:
    rig = Rig("lab", "idle")
    rig.show("lab", running("lab", 1))
    rig.show("idle", waiting("idle", 1))
    rig.now += timedelta(minutes=1)

    rig.connect("lab", Connection.STALE)
    rig.connect("idle", Connection.STALE)
    rig.connect("lab", Connection.BROKEN)  # it was dark already

    assert [(drop.location, drop.time) for drop in rig.board.history.drops] == [("Lab", rig.now)]


def test_the_sum_is_of_all_that_is_proved() -> None:
    rig = Rig("lab", "site")
    for name in ("lab", "site"):
        rig.show(name, running(name, 1))
    for second in range(15):
        rig.now = NOW + timedelta(seconds=second)
        rig.report(running("lab", 1, done=second * 10), running("site", 1, done=second * 30))
    rig.board.note_total(rig.now)

    assert rig.board.total_rate(rig.now) == pytest.approx(40)
    assert rig.board.history.line(rig.now)[-1] == pytest.approx(40)


def test_a_queue_has_places_by_priority_then_age_and_zero_is_above_all() -> None:
    rig = Rig("lab", "site")
    rig.show("site", waiting("site", 1))
    jobs = [waiting("lab", 9, 1), waiting("lab", 10, 50), waiting("lab", 11, 0), waiting("lab", 12)]
    rig.show("lab", *jobs)

    places = {one.job.id: (one.place, one.places) for one in rig.board if one.key[0] == "lab"}
    assert places == {"11": (1, 4), "10": (2, 4), "9": (3, 4), "12": (4, 4)}

    moved = rig.report(running("lab", 11))
    assert {key[1] for key in moved.keys} == {"9", "10", "11", "12"}
    assert rig.board.get(("lab", "10")) is not None
    assert rig.board.get(("lab", "10")).place == 1  # type: ignore[union-attr]


def test_what_waits_for_long_is_late_by_the_clock_of_the_site() -> None:
    rig = Rig("lab")
    rig.show("lab", waiting("lab", 1, since=NOW))
    [one] = rig.board

    assert one.state(NOW + timedelta(minutes=15)) is JobState.QUEUED
    assert one.state(NOW + timedelta(minutes=16)) is JobState.LATE

    rig.tell(ConnectionChanged("lab", Connection.ON, None, NOW, clock_offset_seconds=-600))
    [one] = rig.board
    assert one.state(NOW + timedelta(minutes=16)) is JobState.QUEUED
    assert one.seconds_since(NOW, NOW + timedelta(minutes=16)) == 360


def test_the_earlier_runs_are_told_later() -> None:
    rig = Rig("lab")
    rig.show("lab", running("lab", 1, done=500))
    [one] = rig.board
    assert one.left(NOW) is Doubt.ASKING

    rig.runs["task-1"] = ()
    moved = rig.board.tell_runs([("lab", "1"), ("gone", "2")])

    assert moved.keys == {("lab", "1")}
    [one] = rig.board
    assert one.left(NOW) is Doubt.FIRST_RUN


def test_a_location_that_is_taken_off_the_list_takes_its_jobs_along() -> None:
    rig = Rig("lab", "site")
    rig.show("lab", running("lab", 1))
    rig.show("site", running("site", 1))

    rig.tell(RegistrationsChanged((made.registration("site"),)))

    assert rig.keys() == {("site", "1")}


def test_a_heartbeat_is_no_report_of_bytes() -> None:
    rig = Rig("lab")
    rig.show("lab", running("lab", 1, done=0))
    rig.now = NOW + timedelta(seconds=10)
    rig.report(running("lab", 1, done=1000))
    for second in range(11, 60):
        rig.now = NOW + timedelta(seconds=second)
        rig.connect("lab")

    [one] = rig.board
    assert one.rate(rig.now) == 0


def test_a_proof_and_a_report_touch_no_other_job() -> None:
    rig = Rig("lab")
    rig.show("lab", running("lab", 1), running("lab", 2), *(waiting("lab", n) for n in (3, 4)))
    before = {one.job.id: one for one in rig.board}

    rig.now += timedelta(seconds=15)
    beat = rig.tell(ConnectionChanged("lab", Connection.ON, None, rig.now, 0.04))
    told = rig.report(running("lab", 1, done=500))

    assert beat.keys == set()
    assert told.keys == {("lab", "1")}
    after = {one.job.id: one for one in rig.board}
    assert all(after[other] is before[other] for other in ("2", "3", "4"))


def test_of_a_dark_location_the_last_proof_is_known() -> None:
    rig = Rig("lab")
    rig.show("lab", running("lab", 1))
    rig.now += timedelta(minutes=7)
    rig.tell(ConnectionChanged("lab", Connection.ON, None, rig.now))
    rig.tell(ConnectionChanged("lab", Connection.STALE, None, None))

    [dark] = rig.board
    assert dark.proof_time == rig.now
    rig.now += timedelta(minutes=1)
    rig.tell(ConnectionChanged("lab", Connection.STALE, None, rig.now))  # it was back for a moment
    [dark] = rig.board
    assert dark.proof_time == rig.now


def test_a_tally_follows_its_location() -> None:
    rig = Rig("lab")
    old = NOW - timedelta(hours=1)
    rig.show("lab", running("lab", 1), waiting("lab", 2), waiting("lab", 3, since=old))
    tally = rig.board.tallies["lab"]
    assert ([one.job.id for one in tally.running], tally.queued) == (["1"], 2)
    assert tally.oldest is not None
    assert tally.oldest.job.id == "3"

    rig.report(made.job("lab", 1, "task-1", JobState.OK), running("lab", 3))
    tally = rig.board.tallies["lab"]
    assert ([one.job.id for one in tally.running], tally.queued) == (["3"], 1)

    rig.tell(RegistrationsChanged(()))
    assert rig.board.tallies == {}
