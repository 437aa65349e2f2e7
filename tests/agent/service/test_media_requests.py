"""Media that jobs wait for until somebody has put them in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from server_agent.domain.errors import InvalidArgument, MediumAway, MediumNotWanted
from server_agent.domain.events import MigrationAction, RestoreProofAction
from server_agent.domain.interfaces import Module
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.media import FIRST_STORE, DataStore, MediaPool
from server_agent.domain.media_requests import Answer
from server_agent.domain.queue import FIRST_DRIVE, Drive, Waiting
from server_agent.service.starting import MigrationOrder
from tests.agent.service.rig import ADMIN, Rig, request

USB, PLACE, POOL = "Usb", b"/mnt/usb", "USB"
LABEL = "USB00001"


@pytest.fixture
def desk() -> Iterator[Rig]:
    """A location whose backups go to a data store whose media are put in by hand."""
    rig = Rig()
    rig.add_task()
    rig.stores.create(request(), DataStore(USB, PLACE, removable=True))
    with rig.changes.write() as tx:
        first = tx.drive(FIRST_DRIVE)
        assert first is not None
        tx.put_drive(replace(first, store=USB))
        tx.put_pool(MediaPool(POOL, first.group))
        tx.remove_pool("DISK")
    rig.runner.start()
    rig.media_requests.start()
    yield rig
    rig.media_requests.stop()
    rig.runner.stop()


def waiting(rig: Rig, job: Job) -> Waiting | None:
    return rig.jobs.get(job.id).waiting


def waits(rig: Rig, job: Job) -> Waiting:
    return rig.eventually(lambda: waiting(rig, job))


@contextmanager
def taken_out(rig: Rig) -> Iterator[None]:
    rig.engine.away.add(PLACE)
    rig.engine.labels_away.add(LABEL)
    yield
    rig.engine.away.discard(PLACE)
    rig.engine.labels_away.discard(LABEL)


def test_a_backup_waits_and_goes_on_by_itself(desk: Rig) -> None:
    assert desk.backed_up().label == LABEL
    with taken_out(desk):
        job = desk.start_backup()
        assert waits(desk, job) == Waiting(medium=LABEL, store=USB, since=desk.clock.now())
        assert desk.job(job).state is JobState.QUEUED
        [asked] = desk.media_requests.states()
        assert (asked.request.label, asked.request.jobs, asked.request.is_new) == (
            LABEL,
            (job.id,),
            False,
        )
        assert "There is no USB00001" in asked.fault
    assert desk.ended(job).state is JobState.OK
    assert desk.media_requests.states() == []
    with desk.changes.read() as view:
        assert view.wanted_media() == []


def test_a_medium_that_was_never_used_is_asked_for_too(desk: Rig) -> None:
    with taken_out(desk):
        job = desk.start_backup()
        waits(desk, job)
        [asked] = desk.media_requests.states()
        assert (asked.request.label, asked.request.is_new) == (LABEL, True)
        assert "is not in its place" in asked.fault
    assert desk.ended(job).state is JobState.OK


def test_who_waits_holds_no_drive_and_the_next_of_the_task_waits_behind(desk: Rig) -> None:
    with taken_out(desk):
        job = desk.start_backup()
        waits(desk, job)
        behind = desk.start_backup()
        assert desk.eventually(lambda: waiting(desk, behind)) == Waiting(job=job.id)
        assert desk.job(job).drive == ""
    assert desk.ended(behind).state is JobState.OK


@pytest.mark.parametrize("kind", ["restore", "verify", "proof"])
def test_who_reads_waits_too(desk: Rig, kind: str) -> None:
    saved = desk.backed_up().saveset
    starts: dict[str, Callable[[], str]] = {
        "restore": lambda: desk.starting.start_restore(request(), saved, (), b"/target").job.id,
        "verify": lambda: desk.starting.start_verify(request(), saved, False).job.id,
        "proof": lambda: desk.starting.start_proof(request(), desk_proof(), saved).job.id,
    }
    with taken_out(desk):
        job = desk.jobs.get(starts[kind]()).job
        assert waits(desk, job).medium == LABEL
    assert desk.ended(job).state is JobState.OK


def desk_proof() -> RestoreProofAction:
    return RestoreProofAction("docs")


def test_a_migration_waits_for_what_it_reads(desk: Rig) -> None:
    saved = desk.backed_up().saveset
    with desk.changes.write() as tx:
        tx.put_drive(Drive("Disk", 1, group="Disks", store=FIRST_STORE))
        tx.put_pool(MediaPool("HARD", "Disks"))
    for order in (
        MigrationOrder(MigrationAction("", "HARD"), (saved,)),
        MigrationOrder(MigrationAction(POOL, "HARD")),
    ):
        with taken_out(desk):
            job = desk.starting.start_migration(request(), order).job
            assert waits(desk, job).medium == LABEL
            with pytest.raises(InvalidArgument):
                desk.media_requests.answer(request(), LABEL, Answer.NEW)
        assert desk.ended(job).state is JobState.OK


def test_a_store_that_is_not_removable_fails_at_once(desk: Rig) -> None:
    desk.backed_up()
    with desk.changes.write() as tx:
        store = tx.data_store(USB)
        assert store is not None
        tx.put_data_store(replace(store, removable=False))
    with taken_out(desk):
        assert desk.backed_up().state is JobState.ERROR
        assert desk.media_requests.states() == []


def test_refused_jobs_end_with_the_name_of_who_did(desk: Rig) -> None:
    desk.backed_up()
    desk.add_task("other", (b"/other",))
    with taken_out(desk):
        jobs = [desk.start_backup(), desk.start_backup(task="other")]
        for job in jobs:
            waits(desk, job)
        ask = request()
        told = desk.media_requests.answer(ask, LABEL, Answer.REFUSED)
        assert told == tuple(job.id for job in jobs)
        assert desk.media_requests.answer(ask, LABEL, Answer.REFUSED) == told
        for job in jobs:
            ended = desk.job(job)
            assert ended.state is JobState.ERROR
            assert (
                ended.message == f"Medium {LABEL} refused by {ADMIN.name}: it is not put into {USB}"
            )
            assert ended.end_time is not None
        with pytest.raises(MediumNotWanted):
            desk.media_requests.answer(request(), LABEL, Answer.LOADED)
    assert desk.media_requests.states() == []


def test_loaded_is_not_believed_before_it_is_there(desk: Rig) -> None:
    desk.backed_up()
    with taken_out(desk):
        job = desk.start_backup()
        waits(desk, job)
        with pytest.raises(MediumAway, match="There is no USB00001"):
            desk.media_requests.answer(request(), LABEL, Answer.LOADED)
        assert desk.job(job).state is JobState.QUEUED


def test_another_medium_of_the_pool_will_do_to_write(desk: Rig) -> None:
    desk.backed_up()
    desk.engine.labels_away.add(LABEL)  # another disk lies in its place
    job = desk.start_backup()
    waits(desk, job)
    assert desk.media_requests.answer(request(), LABEL, Answer.NEW) == (job.id,)
    assert (desk.ended(job).state, desk.job(job).label) == (JobState.OK, "USB00002")
    # And back to the first one.
    desk.engine.labels_away.symmetric_difference_update({LABEL, "USB00002"})
    assert desk.backed_up().label == LABEL


def test_who_is_cancelled_asks_no_more(desk: Rig) -> None:
    with taken_out(desk):
        job = desk.start_backup()
        waits(desk, job)
        desk.jobs.cancel(request(), job.id)
        assert desk.media_requests.states() == []
        assert desk.eventually(lambda: None if _wanted(desk) else True)


def _wanted(rig: Rig) -> list[object]:
    with rig.changes.read() as view:
        return list(view.wanted_media())


def test_a_restart_asks_nobody_a_second_time(desk: Rig) -> None:
    with taken_out(desk):
        job = desk.start_backup()
        waits(desk, job)
        desk.runner.stop()
        desk.media_requests.stop()
        desk.media_requests.look()
        assert desk.told
        after = Rig(catalogue=desk.catalogue, clock=desk.clock, engine=desk.engine)
        after.runner.start()
        after.media_requests.start()
        try:
            assert waits(after, job).medium == LABEL
            assert after.media_requests.look()
            assert after.told == []
        finally:
            after.runner.stop()
            after.media_requests.stop()


def test_one_drive_gives_people_15_minutes_before_the_alarm(desk: Rig) -> None:
    desk.media_requests.stop()
    with taken_out(desk):
        job = desk.start_backup()
        waits(desk, job)
        desk.media_requests.look()
        module, is_ok, text = desk.told[0]
        assert (module, is_ok) == (Module.SM_GET_VOLUME, True)
        assert text.startswith(f"Wanted: the new medium {LABEL} in the data store {USB}\n")
        desk.clock.advance(timedelta(minutes=14, seconds=59))
        desk.media_requests.look()
        assert len(desk.told) == 1
        desk.clock.advance(timedelta(seconds=1))
        desk.media_requests.look()
        desk.media_requests.look()
        assert [each[:2] for each in desk.told[1:]] == [(Module.SM_GET_VOLUME, False)]
        # Another job that wants it is no new request.
        desk.add_task("other", (b"/other",))
        waits(desk, desk.start_backup(task="other"))
        desk.media_requests.look()
        assert len(desk.told) == 2


def test_with_several_drives_the_alarm_is_called_at_once(desk: Rig) -> None:
    with desk.changes.write() as tx:
        tx.put_drive(Drive("Second", store=USB))
    desk.media_requests.stop()
    with taken_out(desk):
        waits(desk, desk.start_backup())
        desk.media_requests.look()
        assert [each[1] for each in desk.told] == [True, False]


def test_a_drive_whose_medium_is_there_is_taken(desk: Rig) -> None:
    desk.stores.create(request(), DataStore("Usb_2", b"/mnt/two", removable=True))
    with desk.changes.write() as tx:
        tx.put_drive(Drive("A", store="Usb_2"))
    with taken_out(desk):
        assert desk.backed_up().drive == "A"
    desk.engine.away.add(b"/mnt/two")
    assert desk.backed_up().drive == FIRST_DRIVE


def test_what_waits_is_told_to_watchers(desk: Rig) -> None:
    subscription = desk.changes.subscribe(lambda: None)
    subscription.begin(None)
    with taken_out(desk):
        job = desk.start_backup()
        seen: list[Waiting | None] = []

        def told() -> bool | None:
            for each in subscription.take().objects:
                if getattr(each, "job", None) is not None:
                    seen.append(getattr(each, "waiting", None))
            return any(each is not None and each.medium == LABEL for each in seen) or None

        desk.eventually(told)
        assert waits(desk, job).medium == LABEL
    subscription.close()


def test_repositories_are_not_put_in_by_hand(idle_rig: Rig) -> None:
    store = DataStore("R", b"restic+s:/srv/repo", removable=True)
    with pytest.raises(InvalidArgument, match="removable"):
        idle_rig.stores.create(request(), store)


def test_who_waited_behind_a_cancelled_job_goes_on(desk: Rig) -> None:
    with taken_out(desk):
        job = desk.start_backup()
        waits(desk, job)
        behind = desk.start_backup()
        desk.eventually(lambda: waiting(desk, behind) == Waiting(job=job.id) or None)
        desk.jobs.cancel(request(), job.id)
        wanted = Waiting(medium=LABEL, store=USB, since=desk.clock.now())
        desk.eventually(lambda: waiting(desk, behind) == wanted or None)
