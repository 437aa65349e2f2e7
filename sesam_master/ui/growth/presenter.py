"""Joins the page of growth with its location: what is asked for, and what came."""

from collections.abc import Callable
from datetime import date, datetime, tzinfo

from sesam_master.core.components import Components, DataStore
from sesam_master.core.fleet import FleetChange
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.history import GrowthDay, Period, StoreSample
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.notices import Notice, notice
from sesam_master.ui.objects.location_page import LocationPresenter

_QUESTIONS = 3


class GrowthPresenter(LocationPresenter):
    """Three questions at once."""

    def __init__(
        self,
        bridge: Bridge,
        source: FleetGateway,
        location_id: str,
        mine: tzinfo,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__(bridge, source, location_id, mine, now)
        self._asked: list[Callable[[], None]] = []
        self._open = 0
        self.period = Period.QUARTER
        self.stores: tuple[DataStore, ...] | None = None
        self.samples: tuple[StoreSample, ...] | None = None
        self.growth: tuple[GrowthDay, ...] | None = None
        self.problem: Notice | None = None
        self.stores_as_of = now()

    @property
    def is_asking(self) -> bool:
        """Not all answers are there."""
        return self._open > 0

    @property
    def today(self) -> date:
        """The date at the location; its sesam day may have begun earlier."""
        return self._now().astimezone(self.place.zones.site).date()

    def set_period(self, period: Period) -> None:
        """Look so far back."""
        if period is not self.period:
            self.period = period
            self.refresh()

    def refresh(self) -> None:
        """Ask the location again."""
        self._later.stop()
        for cancel in self._asked:
            cancel()
        here, first = self.place.location_id, self.period.first_day(self.today)
        ask, source = self._bridge.ask, self._source
        self._open = _QUESTIONS
        self.problem = None
        self._asked = []
        self.changed.emit()
        self._asked = [
            ask(source.components(here), self, self._take_stores, self._fail),
            ask(source.store_history(here, "", first), self, self._take_samples, self._fail),
            ask(source.growth(here, first), self, self._take_growth, self._fail),
        ]

    def samples_of(self, store: str) -> list[StoreSample]:
        """Oldest first."""
        return [sample for sample in self.samples or () if sample.data_store == store]

    def _take_stores(self, whole: Components) -> None:
        if whole.stores is not None:
            self.stores, self.stores_as_of = whole.stores, whole.as_of
        self._answered()

    def _take_samples(self, samples: tuple[StoreSample, ...]) -> None:
        self.samples = samples
        self._answered()

    def _take_growth(self, growth: tuple[GrowthDay, ...]) -> None:
        self.growth = growth
        self._answered()

    def _answered(self) -> None:
        self._open -= 1
        if not self._open and self.problem is None:
            self.as_of = self._now()
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self._open -= 1
        self.problem = notice(error, "read how it has grown", self.place.name)
        self.changed.emit()

    def _take(self, change: FleetChange) -> None:
        here = self.place.location_id
        if here in change.pictures:
            self.refresh()
        elif here in change.media:
            if not self._later.isActive():
                self._later.start()
        elif here in change.connections or change.locations_listed:
            self.changed.emit()

    def _ask_later(self) -> None:
        if self.is_asking:  # what is asked gets its answer
            self._later.start()
        else:
            self.refresh()
