"""The pages of interface programs, one for each location that a person opened."""

from collections.abc import Callable
from datetime import datetime

from sesam_master.core.gateway import FleetGateway
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.interfaces.page import InterfacesPage
from sesam_master.ui.main_window import MainWindow
from sesam_master.ui.theme import ThemeHolder


class InterfacePages:
    """Nothing is kept of a tab that is closed. `open_job` gets a location id and a job id."""

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        source: FleetGateway,
        window: MainWindow,
        open_job: Callable[[str, str], None],
        now: Callable[[], datetime],
    ) -> None:
        self._holder = holder
        self._bridge = bridge
        self._source = source
        self._window = window
        self._open_job = open_job
        self._now = now
        self._pages: dict[str, InterfacesPage] = {}

    def open(self, location_id: str) -> None:
        """Brings the page of a location to the front; without one, that of the only location."""
        known = self._bridge.fleet.locations
        if not location_id and len(known) == 1:
            location_id = next(iter(known))
        if location_id not in known:
            return
        page = self._pages.get(location_id)
        if page is None or not self._window.has_page(page):
            page = InterfacesPage(
                *(self._holder, self._bridge, self._source, location_id, self._open_job),
                clock=self._now,
            )
            self._pages[location_id] = page
            self._window.add_page(page)
        self._window.show_page(page)
