"""Joins the list of locations, their properties and the connection doctor with the fleet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from PySide6.QtCore import QObject

from sesam_master.core.addresses import parse_host, parse_port
from sesam_master.core.fleet import FleetChange, LocationState
from sesam_master.core.gateway import Diagnosis, FleetGateway, Presented
from sesam_master.core.registry import Registration, RegistrationChange
from sesam_master.core.states import CONNECTION_WORDS, Connection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.notices import Notice, notice
from sesam_master.ui.remote_server.columns import LocationRow, location_row


class RemoteServerView(Protocol):
    """What the presenter needs of the page."""

    def show_rows(self, rows: Sequence[LocationRow], summary: str) -> None: ...

    def show_location(self, state: LocationState | None) -> None: ...

    def show_connection(self, state: LocationState) -> None: ...

    def show_diagnosis(self, diagnosis: Diagnosis, accepted: str, tested_at: datetime) -> None: ...

    def clear_diagnosis(self, outdated_at: datetime | None) -> None: ...

    def show_problem(self, problem: Notice | None) -> None: ...


class RemoteServerPresenter(QObject):
    """One location is chosen or none. Everything asked of the gateway concerns the chosen one."""

    def __init__(
        self,
        bridge: Bridge,
        gateway: FleetGateway,
        view: RemoteServerView,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__()
        self._bridge = bridge
        self._gateway = gateway
        self._view = view
        self._now = now
        self._chosen = ""
        self._tested: _Tested | None = None
        bridge.fleet_changed.connect(self._take)

    def choose(self, location_id: str) -> None:
        """Shows the properties of a location and asks the doctor about it."""
        if location_id == self._chosen:
            return
        self._chosen = location_id
        self._view.show_problem(None)
        self._view.show_location(self._state())
        self._tested = None
        self._view.clear_diagnosis(None)
        state = self._state()
        if state is not None and state.connection in (Connection.BROKEN, Connection.STALE):
            self.diagnose()

    def refresh(self) -> None:
        """Shows the whole list as it is now."""
        states = list(self._bridge.fleet.locations.values())
        now = self._now()
        counts = [
            f"{number} {CONNECTION_WORDS[kind].lower()}"
            for kind in Connection
            if (number := sum(s.shown_connection is kind for s in states))
        ]
        self._view.show_rows([location_row(s, now) for s in states], ", ".join(counts))

    def save(self, name: str, farm: str, host: str, port: str) -> None:
        """Keeps changed properties."""
        state = self._state()
        if state is None:
            return
        try:
            changed = _changed(state.registration, name, farm, host, port)
        except ValueError as error:
            self._view.show_problem(Notice("Cannot save the properties.", str(error), ""))
            return
        self._change(changed, "save the properties")

    def switch(self, is_on: bool) -> None:
        """Switches the chosen location on or off at this desk."""
        state = self._state()
        if state is not None and state.registration.is_on != is_on:
            self._change(RegistrationChange(is_on=is_on), "switch on" if is_on else "switch off")

    def delete(self) -> None:
        """Forgets the chosen location; its agent and its savesets stay as they are."""
        if self._state() is not None:
            self._ask(self._gateway.remove_registration(self._chosen), "delete the location")

    def diagnose(self) -> None:
        """Tries the connection step by step."""
        state = self._state()
        if state is None:
            return
        chosen, accepted = self._chosen, state.registration.fingerprint
        tested = self._tested = _Tested(self._now(), _standing(state))

        def show(diagnosis: Diagnosis) -> None:
            if self._chosen == chosen and self._tested is tested:
                self._view.show_diagnosis(diagnosis, accepted, tested.at)

        self._ask(self._gateway.diagnose(chosen), "test the connection", show)

    def accept(self, presented: Presented) -> None:
        """Pins the certificate that the doctor found in place of the accepted one."""
        if self._state() is not None:
            self._ask(
                self._gateway.accept_certificate(self._chosen, presented),
                "accept the new fingerprint",
                lambda _nothing: self.diagnose(),
            )

    def reconnect(self) -> None:
        """Connects now instead of at the end of the back-off."""
        if self._state() is not None:
            self._ask(self._gateway.reconnect(self._chosen), "connect")

    def _change(self, change: RegistrationChange, doing: str) -> None:
        self._ask(self._gateway.change_registration(self._chosen, change), doing)

    def _ask(
        self, coroutine: Any, doing: str, done: Callable[[Any], None] = lambda _nothing: None
    ) -> None:
        state = self._state()
        name = state.registration.name if state else ""
        self._view.show_problem(None)
        self._bridge.ask(
            coroutine,
            self,
            done,
            lambda error: self._view.show_problem(notice(error, doing, name)),
        )

    def _take(self, change: FleetChange) -> None:
        if change.locations_listed or change.connections or change.pictures:
            self.refresh()
        state = self._state()
        if state is None:
            if self._chosen:
                self._chosen = ""
                self._view.show_location(None)
        elif change.locations_listed:
            self._view.show_location(state)
        elif self._chosen in change.connections:
            self._view.show_connection(state)
        if state is not None:
            self._follow_test(state)

    def _follow_test(self, state: LocationState) -> None:
        """A result says nothing of a connection that is another one by now: it is tested anew."""
        if self._tested is None or self._tested.standing == _standing(state):
            return
        self._view.clear_diagnosis(self._tested.at)
        self._tested = None
        if state.connection is not Connection.OFF:
            self.diagnose()

    def _state(self) -> LocationState | None:
        return self._bridge.fleet.locations.get(self._chosen)


@dataclass(frozen=True, slots=True)
class _Tested:
    """When the doctor was asked, and how the location stood then."""

    at: datetime
    standing: object


def _standing(state: LocationState) -> object:
    """What makes a result of the doctor another one; not every heartbeat."""
    trouble = state.trouble
    found = (trouble.step, trouble.detail) if trouble is not None else None
    return state.connection, found, state.registration


def _changed(old: Registration, name: str, farm: str, host: str, port: str) -> RegistrationChange:
    """What is other than in `old`. Raises ValueError with a sentence for people."""
    name, farm = name.strip(), farm.strip()
    if not name:
        raise ValueError("The location has no name. Give it one, so that it can be told apart.")
    number = old.port
    if old.socket:
        host = old.host
    else:
        host, number = parse_host(host), parse_port(port.strip())
    return RegistrationChange(
        name=name if name != old.name else None,
        farm=farm if farm != old.farm else None,
        host=host if host != old.host else None,
        port=number if number != old.port else None,
    )
