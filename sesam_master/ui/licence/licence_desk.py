"""Joins the licence sheet, License Info and the banner with the window of the desk."""

from collections.abc import Callable
from datetime import UTC, datetime

import tzlocal
from PySide6.QtCore import QObject

from sesam_master.core.fleet import FleetChange, LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.licence import SEVERITY, Licence
from sesam_master.ui.actions import Action, Selection, always
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.licence.sheet import LicenceSheet
from sesam_master.ui.licence.window import LicenceWindow
from sesam_master.ui.licence.words import banner_words
from sesam_master.ui.main_window import MainWindow
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.banner import Banner

HELP_MENU = ("license_info", "licence_sheet")
_NEVER = datetime.max.replace(tzinfo=UTC)


class LicenceDesk(QObject):
    """Of one desk."""

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__()
        self._holder = holder
        self._bridge = bridge
        self._gateway = gateway
        self._now = now
        self._window: MainWindow | None = None
        self._info: LicenceWindow | None = None
        self._sheet: LicenceSheet | None = None
        self.banner = Banner(holder, "", "License Info")
        self.banner.hide()

    def actions(self) -> list[Action]:
        return [
            Action(
                *("license_info", "License Info", "badge-check", "Alt+L"),
                self._hindrance,
                self._open_info,
            ),
            Action(
                *("licence_sheet", "Licence sheet", "badge-check", "Ctrl+6"),
                always,
                self._open_sheet,
            ),
        ]

    def attach(self, window: MainWindow) -> None:
        """To the window that was made with these actions."""
        self._window = window
        window.add_banner(self.banner)
        self.banner.triggered.connect(self._show_worst)
        self._bridge.fleet_changed.connect(self._take)
        self._bridge.aged.connect(self._follow)

    def show_info(self, location_id: str) -> LicenceWindow | None:
        """License Info of a location; without one, of the location that needs it most."""
        location_id = location_id or self._worst_id()
        if location_id not in self._bridge.fleet.locations:
            return None
        if self._info is None:
            self._info = LicenceWindow(
                *(self._holder, self._bridge, self._gateway, location_id, self._window),
                clock=self._now,
            )
        else:
            self._info.choose(location_id)
        self._info.show()
        self._info.raise_()
        return self._info

    def show_sheet(self) -> LicenceSheet | None:
        """The tab with all of them, once."""
        if self._window is None:
            return None
        if self._sheet is None or not self._window.has_page(self._sheet):
            self._sheet = LicenceSheet(self._holder, self._bridge, clock=self._now)
            self._sheet.info_wanted.connect(self.show_info)
            self._sheet.said.connect(self._window.messages.add)
            self._window.open_page(self._sheet)
        else:
            self._window.show_page(self._sheet)
        return self._sheet

    def _open_info(self, selection: Selection) -> None:
        self.show_info(selection.location_id)

    def _open_sheet(self, _selection: Selection) -> None:
        self.show_sheet()

    def _hindrance(self, _selection: Selection) -> str | None:
        return None if self._bridge.fleet.locations else "There is no location at this desk yet."

    def _show_worst(self) -> None:
        """Of several, the list of all says more."""
        if len(self._ending()) > 1:
            self.show_sheet()
        else:
            self.show_info("")

    def _take(self, change: FleetChange) -> None:
        if change.locations_listed or change.pictures or change.licences or change.connections:
            self._follow()

    def _follow(self) -> None:
        """Only what is proved now: what a dark location has may be another one meanwhile."""
        ending = self._ending()
        told = [(s.registration.name, licence) for s in ending if (licence := _licence_of(s))]
        words = banner_words(told, self._now(), tzlocal.get_localzone())
        self.banner.set_text(words, "Licence sheet" if len(ending) > 1 else "License Info")
        self.banner.setVisible(bool(words))

    def _ending(self) -> list[LocationState]:
        """The live locations whose licence ends or has ended, the worst and soonest first."""
        places = self._bridge.fleet.locations.values()
        return sorted(
            (s for s in places if s.is_live and not s.is_silent and _is_ending(s)), key=_urgency
        )

    def _worst_id(self) -> str:
        known = sorted(self._bridge.fleet.locations.values(), key=_urgency)
        return known[0].registration.location_id if known else ""


def _licence_of(state: LocationState) -> Licence | None:
    return state.picture.licence if state.picture is not None else None


def _is_ending(state: LocationState) -> bool:
    licence = _licence_of(state)
    return licence is not None and licence.state.stops_or_ends


def _urgency(state: LocationState) -> tuple[int, datetime, str]:
    licence = _licence_of(state)
    if licence is None:
        return len(SEVERITY), _NEVER, state.registration.name
    end = licence.end_time or _NEVER
    return SEVERITY.index(licence.state), end, state.registration.name
