"""The history of the one data store that is looked at."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, Signal

from sesam_master.core.components import DataStore
from sesam_master.core.history import Period, StoreSample
from sesam_master.core.history_source import HistorySource
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.growth.contents import store_content
from sesam_master.ui.notices import notice
from sesam_master.ui.objects.place import Place
from sesam_master.ui.plots.pane import PlotPane

_TITLE = "The last 90 days"
_PERIOD = Period.QUARTER


class StoreHistory(QObject):
    """Shows it in a pane; asks once for each data store, and again when the location was asked
    again.

    `changed`: it came, or did not.
    """

    changed = Signal()

    def __init__(
        self, bridge: Bridge, source: HistorySource, place: Place, now: Callable[[], datetime]
    ) -> None:
        super().__init__()
        self._bridge = bridge
        self._source = source
        self._place = place
        self._now = now
        self._asked: tuple[str, datetime] | None = None
        self._cancel: Callable[[], None] | None = None
        self._samples: tuple[StoreSample, ...] | None = None
        self._problem = ""

    def choose(self, store: DataStore, as_of: datetime) -> None:
        """This one is looked at, of the components as they were read then."""
        wanted = (store.name, as_of)
        if wanted == self._asked:
            return
        if self._asked is None or self._asked[0] != store.name:
            self._samples = None
        self._asked = wanted
        self._problem = ""
        if self._cancel is not None:
            self._cancel()
        today = self._now().astimezone(self._place.zones.site).date()
        call = self._source.store_history(
            self._place.location_id, store.name, _PERIOD.first_day(today)
        )
        self._cancel = self._bridge.ask(call, self, self._take, self._fail)

    def show_in(self, pane: PlotPane, store: DataStore) -> None:
        """What is known of it."""
        if self._samples is None:
            pane.show_problem(_TITLE, self._problem or "The location is asked.")
            return
        zone = self._place.zones.site
        as_of = self._asked[1] if self._asked is not None else self._now()
        content = store_content(store, self._samples, _PERIOD, as_of, zone, title=_TITLE)
        pane.show_content(content)

    def _take(self, samples: tuple[StoreSample, ...]) -> None:
        self._samples = samples
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self._problem = notice(error, "read how full it was", self._place.name).text
        self.changed.emit()
