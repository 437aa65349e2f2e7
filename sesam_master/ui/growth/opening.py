"""The pages of growth, one for each location that a person opened."""

from collections.abc import Callable
from datetime import datetime

from sesam_master.core.gateway import FleetGateway
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.growth.page import GrowthPage
from sesam_master.ui.main_window import MainWindow
from sesam_master.ui.theme import ThemeHolder


class GrowthPages:
    """Nothing is kept of a tab that is closed."""

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        source: FleetGateway,
        window: MainWindow,
        now: Callable[[], datetime],
    ) -> None:
        self._holder = holder
        self._bridge = bridge
        self._source = source
        self._window = window
        self._now = now
        self._pages: dict[str, GrowthPage] = {}

    def open(self, location_id: str) -> GrowthPage | None:
        """Brings the page of a location to the front; without one, that of the only location. None
        if there is no such location."""
        known = self._bridge.fleet.locations
        if not location_id and len(known) == 1:
            location_id = next(iter(known))
        if location_id not in known:
            return None
        page = self._pages.get(location_id)
        if page is None or not self._window.has_page(page):
            page = GrowthPage(
                *(self._holder, self._bridge, self._source, location_id), clock=self._now
            )
            self._pages[location_id] = page
            self._window.add_page(page)
        self._window.show_page(page)
        return page
