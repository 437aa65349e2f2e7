"""A page that shows what one location was asked for, and the presenter that asks."""

from abc import abstractmethod
from collections.abc import Callable
from datetime import datetime, tzinfo

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from sesam_master.core.fleet import FleetChange
from sesam_master.core.gateway import FleetGateway
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.objects.head import LocationHead
from sesam_master.ui.objects.place import Place
from sesam_master.ui.theme import ThemeHolder

_LATER_MS = 2000  # what changes again and again while jobs run is asked for once


class LocationPresenter(QObject):
    """What was read stays when the location is not reached; then it is of `as_of`.

    `changed`: something came, or the location is reached or not.
    """

    changed = Signal()

    def __init__(
        self,
        bridge: Bridge,
        source: FleetGateway,
        location_id: str,
        mine: tzinfo,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__()
        self._bridge = bridge
        self._source = source
        self._now = now
        self.place = Place(bridge.fleet, location_id, mine)
        self.as_of: datetime | None = None
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_LATER_MS)
        self._later.timeout.connect(self._ask_later)
        bridge.fleet_changed.connect(self._take)

    @abstractmethod
    def refresh(self) -> None:
        """Ask the location again."""

    @abstractmethod
    def _take(self, change: FleetChange) -> None:
        """What the fleet tells."""

    def _ask_later(self) -> None:
        self.refresh()


class LocationPage(QWidget):
    """A tab for one location. `says` is what it shows, `name` what the page is called."""

    icon_name: str
    presenter: LocationPresenter

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        presenter: LocationPresenter,
        clock: Callable[[], datetime],
        name: str,
        says: str,
    ) -> None:
        super().__init__()
        self.setProperty("surface", "base")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        presenter.setParent(self)
        self.presenter = presenter
        place = presenter.place
        self.title = f"{name}, {place.name}"
        self.head = LocationHead(holder, bridge, place, clock, name, says)

    @property
    def location_id(self) -> str:
        return self.presenter.place.location_id

    def refresh(self) -> None:
        """Ask the location again."""
        self.presenter.refresh()
