"""How full the data stores are is entered: when, of which, and for how long."""

import logging
import threading
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from server_agent.domain.history import StoreSample
from server_agent.domain.media import FIRST_STORE, DataStore
from server_agent.ports import StoreSpace
from server_agent.service import sampling as sampling_module
from server_agent.service.history import Days, History
from server_agent.service.sampling import AFTER_JOBS, AT_START, KEPT, KEPT_WHOLE, Sampling
from tests.agent.service.rig import Rig, request
from tests.agent.service.steered import DEADLINE

HOUR = timedelta(hours=1)
ALL = Days(None, None)


class Site:
    """A location whose jobs run."""

    def __init__(self) -> None:
        self.rig = Rig()
        self.rig.add_task()
        self.sampling = Sampling(self.rig.changes, self.rig.stores, self.rig.clock)
        self.written = threading.Semaphore(0)
        self._waits = self.rig.changes.subscribe(self.written.release)

    def samples(self, store: str = "") -> list[StoreSample]:
        with self.rig.changes.read() as view:
            return view.store_samples(store, None, None, None, 1000)

    def wait_for(self, count: int) -> list[StoreSample]:
        """So many samples, or fewer if they do not come."""
        while len(found := self.samples()) < count and self.written.acquire(timeout=DEADLINE):
            pass
        return found

    def close(self) -> None:
        self.rig.runner.stop()
        self.sampling.stop()
        self._waits.close()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


def test_a_sample_says_how_full_a_store_is(site: Site) -> None:
    site.rig.engine.full[b"/store"] = StoreSpace(1000, 300)
    site.sampling.take(AT_START)
    [sample] = site.samples()
    assert (sample.store, sample.time) == (FIRST_STORE, site.rig.clock.now())
    assert (sample.capacity_bytes, sample.free_bytes, sample.stored_bytes) == (1000, 300, 0)
    assert sample.sesam_day == date(2026, 3, 4)


def test_one_that_is_young_enough_is_not_taken_again(site: Site) -> None:
    site.sampling.take(AFTER_JOBS)
    site.rig.clock.advance(HOUR - timedelta(seconds=1))
    site.sampling.take(AFTER_JOBS)
    assert len(site.samples()) == 1
    site.rig.clock.advance(timedelta(seconds=1))
    site.sampling.take(AFTER_JOBS)
    assert len(site.samples()) == 2


def test_a_clock_that_was_set_back_does_not_end_the_history(site: Site) -> None:
    site.sampling.take(AFTER_JOBS)
    site.rig.clock.advance(-timedelta(days=30))
    site.sampling.take(AFTER_JOBS)
    assert len(site.samples()) == 2


def test_a_store_that_is_away_has_no_sample(site: Site) -> None:
    site.rig.stores.create(request(), DataStore("Store_2", b"/mnt/second"))
    site.rig.engine.away.add(b"/mnt/second")
    site.sampling.take(AT_START)
    assert [sample.store for sample in site.samples()] == [FIRST_STORE]


def test_the_start_and_the_end_of_a_backup_are_followed_by_a_sample(site: Site) -> None:
    site.sampling.start()
    site.wait_for(1)
    site.rig.runner.start()
    site.rig.backed_up()
    site.rig.clock.advance(2 * HOUR)
    site.rig.backed_up()
    first, *others = site.wait_for(2)
    assert first.stored_bytes == 0
    assert others[-1].stored_bytes > 0


def test_the_history_is_gone_on_with_by_its_token(site: Site) -> None:
    history = History(site.rig.changes)
    for _ in range(5):
        site.sampling.take(AFTER_JOBS)
        site.rig.clock.advance(HOUR)
    page = history.samples("", ALL, None, 3)
    rest = history.samples("", ALL, page.next_position, 3)
    assert [*page.items, *rest.items] == site.samples()
    assert rest.next_position is None


def test_old_samples_are_thinned_and_very_old_ones_go(site: Site) -> None:
    with site.rig.changes.write() as tx:
        for age in (KEPT + timedelta(1), KEPT_WHOLE + timedelta(1), KEPT_WHOLE):
            for hours in (1, 2):
                moment = site.rig.clock.now() - age + hours * HOUR
                day = moment.date()
                tx.add_store_sample(StoreSample(FIRST_STORE, day, moment, 1000, 100, hours))
    site.sampling.start()
    site.wait_for(7)
    site.rig.runner.start()
    site.rig.scheduler.look()
    site.rig.clock.advance(timedelta(hours=19))  # to 08:00 the next day in Berlin
    site.rig.scheduler.look()
    while len(site.samples()) > 4 and site.written.acquire(timeout=DEADLINE):
        pass
    assert [sample.stored_bytes for sample in site.samples()] == [2, 2, 0, 0]


def test_a_disk_that_never_answers_does_not_keep_the_agent_from_ending(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked, answered = threading.Event(), threading.Event()

    def hang(*_: object) -> StoreSpace:
        asked.set()
        answered.wait(DEADLINE)
        return StoreSpace(1000, 300)

    monkeypatch.setattr(site.rig.engine, "space", hang)
    monkeypatch.setattr(sampling_module, "GRACE_SECONDS", 0.01)
    site.sampling.start()
    assert asked.wait(DEADLINE)
    with caplog.at_level(logging.WARNING):
        site.sampling.stop()
    assert "does not say how full it is" in caplog.text
    caplog.clear()
    answered.set()
