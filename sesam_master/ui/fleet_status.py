"""The status bar: a tick per location, how many are live, what runs, and the clock."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QStatusBar

from sesam_master.core.fleet import Fleet, LocationState
from sesam_master.core.states import CONNECTION_WORDS, Connection, JobState
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import age_text
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.coverage_pill import coverage_words
from sesam_master.ui.widgets.elided_label import ElidedLabel
from sesam_master.ui.widgets.status_ticks import StatusTicks, Tick


class FleetStatus(QStatusBar):
    """`location_clicked` carries the id of the location."""

    location_clicked = Signal(str)

    def __init__(self, holder: ThemeHolder, bridge: Bridge, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._fleet = bridge.fleet
        self._now = now
        self._ticks = StatusTicks(holder)
        self._live = QLabel()
        self._live.setProperty("role", "heading")
        self._details = ElidedLabel(holder, "", "secondary")
        self._clock = QLabel()
        self.setSizeGripEnabled(False)
        self.setContentsMargins(8, 0, 8, 0)
        self.addWidget(self._ticks)
        self.addWidget(self._live)
        self.addWidget(self._details, 1)
        self.addPermanentWidget(self._clock)
        self._ticks.location_clicked.connect(self.location_clicked)
        bridge.fleet_changed.connect(self.refresh)
        bridge.aged.connect(self._tick)
        self.refresh()
        self._tick()

    def refresh(self) -> None:
        locations = self._fleet.locations
        self._ticks.set_locations(
            [
                Tick(key, s.registration.name, s.connection, s.maintenance_end is not None)
                for key, s in locations.items()
            ]
        )
        coverage = self._fleet.coverage(self._now())
        live = coverage_words(replace(coverage, off=0))  # those that are off stand beside it
        self._live.setText(f"{live} live" if locations else "No locations yet")
        self._show_details()

    def _tick(self) -> None:
        self._show_details()
        self._clock.setText(f"{self._now().astimezone():%H:%M:%S %Z}")

    def _show_details(self) -> None:
        self._details.set_text(_details(self._fleet, self._now()))


def _details(fleet: Fleet, now: datetime) -> str:
    states = list(fleet.locations.values())
    parts = [
        f"{number} {CONNECTION_WORDS[kind].lower()}"
        for kind in (Connection.CONNECTING, Connection.STALE, Connection.BROKEN, Connection.OFF)
        if (number := sum(s.shown_connection is kind and _is_told(s) for s in states))
    ]
    if number := sum(s.maintenance_end is not None for s in states):
        parts.append(f"{number} in maintenance")
    if number := sum(s.control.observed_by is not None for s in states):
        parts.append(f"{number} only observed")
    coverage = fleet.coverage(now)
    if coverage.newest_age is not None and coverage.oldest_age is not None:
        parts.append(f"newest {age_text(coverage.newest_age)}")
        parts.append(f"oldest live {age_text(coverage.oldest_age)}")
    live = [s.picture for s in states if s.is_live and s.picture is not None]
    for kind, word in ((JobState.ACTIVE, "running"), (JobState.QUEUED, "queued")):
        if number := sum(picture.states.get(kind, 0) for picture in live):
            parts.append(f"{number} {word}")
    return ", ".join(parts)


def _is_told(state: LocationState) -> bool:
    """What is dark in maintenance is counted as that."""
    return not state.is_silent or state.shown_connection is Connection.OFF
