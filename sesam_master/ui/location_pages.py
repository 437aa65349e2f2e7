"""Tabs that are there once for each location that a person opened."""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar
from weakref import WeakValueDictionary

from sesam_master.ui.bridge import Bridge
from sesam_master.ui.main_window import MainWindow, Page

AnyPage = TypeVar("AnyPage", bound=Page)


class OpensPages(Protocol):
    """Whatever shows the page of a location."""

    def open(self, location_id: str, /) -> object:
        """Brings it to the front, if there is such a location."""


class LocationPages(Generic[AnyPage]):
    """Nothing is kept of a tab that is closed. `make` gets a location id."""

    def __init__(self, bridge: Bridge, window: MainWindow, make: Callable[[str], AnyPage]) -> None:
        self._bridge = bridge
        self._window = window
        self._make = make
        self._pages: WeakValueDictionary[str, AnyPage] = WeakValueDictionary()

    def open(self, location_id: str) -> AnyPage | None:
        """Brings the page of a location to the front; without one, that of the only location. None
        if there is no such location."""
        known = self._bridge.fleet.locations
        if not location_id and len(known) == 1:
            location_id = next(iter(known))
        if location_id not in known:
            return None
        page = self._pages.get(location_id)
        if page is None or not self._window.has_page(page):
            self._pages[location_id] = page = self._make(location_id)
            self._window.open_page(page)
        else:
            self._window.show_page(page)
        return page
