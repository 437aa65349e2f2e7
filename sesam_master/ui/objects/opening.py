"""The pages of lists, one for each location that a person opened."""

from collections.abc import Callable
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from sesam_master.core.gateway import FleetGateway
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.main_window import MainWindow
from sesam_master.ui.objects.kinds import Drafts
from sesam_master.ui.objects.page import ObjectsPage
from sesam_master.ui.objects.words import named_list
from sesam_master.ui.theme import ThemeHolder

AnyPage = TypeVar("AnyPage", bound=ObjectsPage, covariant=True)


class MakePage(Protocol[AnyPage]):
    """The class of a page."""

    def __call__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        source: FleetGateway,
        location_id: str,
        drafts: Drafts,
        /,
        *,
        clock: Callable[[], datetime],
    ) -> AnyPage: ...


class ObjectPages(Generic[AnyPage]):
    """What was changed and not saved is kept when a tab is closed."""

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        source: FleetGateway,
        window: MainWindow,
        make: MakePage[AnyPage],
        now: Callable[[], datetime],
    ) -> None:
        self._holder = holder
        self._bridge = bridge
        self._source = source
        self._window = window
        self._make = make
        self._now = now
        self._pages: dict[str, AnyPage] = {}
        self._drafts: dict[str, Drafts] = {}
        self._warned: list[str] = []

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
            drafts = self._drafts.setdefault(location_id, {})
            page = self._make(
                *(self._holder, self._bridge, self._source, location_id, drafts), clock=self._now
            )
            self._pages[location_id] = page
            self._window.add_page(page)
        self._window.show_page(page)
        page.table.setFocus()
        return page

    def may_close(self, say: Callable[[str], None]) -> bool:
        """Not the first time that a person wants to while something is not saved: says what, and
        shows it."""
        unsaved = {
            location_id: [
                draft.item.name or "a new one" for draft in drafts.values() if draft.is_dirty
            ]
            for location_id, drafts in self._drafts.items()
        }
        known = self._bridge.fleet.locations
        said = [
            f"{name} at {known[location_id].registration.name}"
            for location_id, names in unsaved.items()
            for name in names
            if location_id in known
        ]
        if not said or said == self._warned:
            return True
        self._warned = said
        say(f"Not saved: {named_list(said)}. Save it, or close again to lose it.")
        self.open(next(location_id for location_id in unsaved if unsaved[location_id]))
        return False
