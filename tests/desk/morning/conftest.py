"""Locations that answer the start page out of what a test laid ready."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

import pytest

from sesam_master.core.fleet import ConnectionChanged, PictureArrived, RegistrationsChanged
from sesam_master.core.licence import Licence
from sesam_master.core.sheet import CODE, RowKind, Sheet, SheetRow, Span
from sesam_master.core.states import Connection, JobState
from sesam_master.ui.bridge import Bridge
from tests.desk.results.memory import NOW, MemoryGateway
from tests.fakes.fleet import picture, registration

OPEN_DAY = NOW.date()


def row(client: str, task: str, states: dict[date, JobState], span: Span) -> SheetRow:
    """A row of backups; days that are not given have nothing."""
    cells = bytearray([CODE[JobState.NOT_PLANNED]] * span.days)
    for day, state in states.items():
        place = span.place(day)
        if place is not None:
            cells[place] = CODE[state]
    return SheetRow(RowKind.BACKUP, task, client, bytes(cells), bytes(span.days), bytes(span.days))


@dataclass
class MorningGateway(MemoryGateway):
    """`cells`: by location and (client, task) the states of days."""

    cells: dict[str, dict[tuple[str, str], dict[date, JobState]]] = field(default_factory=dict)
    open_days: dict[str, date] = field(default_factory=dict)

    async def sheet(self, location_id: str, first: date, last: date) -> Sheet:
        self._ask("sheet", location_id, first, last)
        span = Span(first, (last - first).days + 1)
        rows = [
            row(client, task, states, span)
            for (client, task), states in self.cells.get(location_id, {}).items()
        ]
        open_day = self.open_days.get(location_id, OPEN_DAY)
        return Sheet(location_id, span, tuple(rows), open_day, None, 1, NOW)


@pytest.fixture
def gateway() -> MorningGateway:
    return MorningGateway()


def listed(
    bridge: Bridge,
    names: Iterable[str],
    *,
    dark: Iterable[str] = (),
    off: Iterable[str] = (),
    licence: Licence | None = None,
) -> None:
    """These locations, each with two clients that have two tasks each."""
    names, dark, off = list(names), set(dark), set(off)
    bridge.deliver(
        RegistrationsChanged(tuple(registration(name, is_on=name not in off) for name in names))
    )
    for name in names:
        if name in off:
            continue
        bridge.deliver(PictureArrived(name, replace(picture(name), licence=licence), NOW))
        connection = Connection.STALE if name in dark else Connection.ON
        bridge.deliver(ConnectionChanged(name, connection, None, NOW))
    bridge.drain()
