"""What every catalogue does with the samples of data stores and with what backups saved."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from server_agent.domain.history import GrowthDay, StoreSample
from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.ports import Catalogue
from tests.fakes.records import CLIENT, JOB, TASK

DAY = date(2026, 3, 5)
NOON = datetime(2026, 3, 5, 12, 0, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)
SAMPLE = StoreSample("Store_1", DAY, NOON, 1000, 400, 500)


def sample(store: str, hours: int, free: int | None = 400, stored: int = 500) -> StoreSample:
    """One so many hours after noon of the first day."""
    capacity = 1000 if free is not None else None
    moment = NOON + hours * HOUR
    return StoreSample(store, moment.date(), moment, capacity, free, stored)


def enter(catalogue: Catalogue, *samples: StoreSample) -> None:
    with catalogue.write() as tx:
        for each in samples:
            tx.add_store_sample(each)


def test_samples_are_listed_by_store_and_time_and_gone_on_with(catalogue: Catalogue) -> None:
    first, later = sample("Büro", 24), sample("Store_1", 48, None)
    enter(catalogue, later, SAMPLE, first)
    with catalogue.read() as view:
        assert view.store_samples("", None, None, None, 9) == [first, SAMPLE, later]
        assert view.store_samples("", None, None, None, 2) == [first, SAMPLE]
        behind = ("Store_1", NOON)
        assert view.store_samples("", None, None, behind, 9) == [later]
        assert view.store_samples("Store_1", None, None, ("Büro", NOON), 9) == [SAMPLE, later]
        next_day = DAY + timedelta(1)
        assert view.store_samples("", next_day, next_day, None, 9) == [first]
        assert view.last_sample("Store_1") == later
        assert view.last_sample("store_1") is None


def test_a_sample_of_the_same_moment_is_replaced(catalogue: Catalogue) -> None:
    newer = replace(SAMPLE, free_bytes=100)
    enter(catalogue, SAMPLE, newer)
    with catalogue.read() as view:
        assert view.store_samples("", None, None, None, 9) == [newer]


def test_the_fullest_of_a_day_stays_and_of_two_the_later(catalogue: Catalogue) -> None:
    """And where nobody knows what is in use, what is stored counts."""
    gone = [sample("A", 0, 300), sample("A", 1, 200), sample("B", 0, None, 9), sample("A", -99)]
    kept = [sample("A", 2, 200), sample("A", 12, 900), sample("A", 13, 900), sample("B", 1, None)]
    enter(catalogue, *gone, *kept)
    with catalogue.write() as tx:
        tx.thin_store_samples(DAY + timedelta(1), DAY)
    with catalogue.read() as view:
        assert view.store_samples("", None, None, None, 99) == kept


def test_what_backups_saved_is_added_up_by_day(catalogue: Catalogue) -> None:
    def job(day: int, state: JobState = JobState.OK, kind: JobKind = JobKind.BACKUP) -> Job:
        at = NOON + timedelta(day)
        return replace(
            JOB,
            kind=kind,
            state=state,
            sesam_day=at.date(),
            start_time=at,
            end_time=at + HOUR,
            files=2,
            bytes_done=100,
            stored_bytes=10,
        )

    with catalogue.write() as tx:
        tx.put_client(CLIENT)
        tx.put_task(TASK)
        for each in (
            job(2),
            job(0),
            replace(job(0, JobState.WARNING), task="other"),
            job(0, JobState.ERROR),
            job(1, kind=JobKind.RESTORE),
            job(1, JobState.BROKEN),
            replace(job(3), client="elsewhere"),
        ):
            tx.add_job(each)

    def day(number: int, backups: int = 1) -> GrowthDay:
        day = DAY + timedelta(number)
        return GrowthDay(day, backups, 2 * backups, 100 * backups, 10 * backups, backups * HOUR)

    with catalogue.read() as view:
        assert view.growth("", "", None, None, 9) == [day(0, 2), day(2), day(3)]
        assert view.growth("", "", None, None, 2) == [day(0, 2), day(2)]
        assert view.growth("", "", DAY + timedelta(1), DAY + timedelta(2), 9) == [day(2)]
        assert view.growth("elsewhere", "", None, None, 9) == [day(3)]
        assert view.growth("", "other", None, None, 9) == [day(0)]
        assert view.growth("nobody", "", None, None, 9) == []
