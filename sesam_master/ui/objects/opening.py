"""The pages of lists, one for each location that a person opened."""

from collections.abc import Callable
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from sesam_master.core.gateway import FleetGateway
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.location_pages import LocationPages
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
        self._bridge = bridge
        self._drafts: dict[str, Drafts] = {}
        self._warned: list[str] = []

        def made(location_id: str) -> AnyPage:
            drafts = self._drafts.setdefault(location_id, {})
            return make(holder, bridge, source, location_id, drafts, clock=now)

        self._pages = LocationPages(bridge, window, made)

    def open(self, location_id: str) -> AnyPage | None:
        """As `LocationPages.open`, with the keyboard in the list."""
        page = self._pages.open(location_id)
        if page is not None:
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
