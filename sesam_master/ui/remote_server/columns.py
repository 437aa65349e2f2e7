"""The rows and columns of the list of locations."""

from dataclasses import dataclass
from datetime import datetime

from sesam_master.core.fleet import LocationState
from sesam_master.core.states import CONNECTION_WORDS, Connection
from sesam_master.ui.formatting import MISSING, age_between
from sesam_master.ui.widgets.column import Align, CellKind, Column

# Dark first: what does not work stands at the top.
_ORDER = (
    Connection.BROKEN,
    Connection.STALE,
    Connection.CONNECTING,
    Connection.OFF,
    Connection.ON,
)


@dataclass(frozen=True, slots=True)
class LocationRow:
    """One location as the list shows it."""

    location_id: str
    connection: Connection
    name: str
    farm: str
    address: str
    version: str
    seen: str
    proof_time: datetime | None


def location_row(state: LocationState, now: datetime) -> LocationRow:
    registration = state.registration
    return LocationRow(
        location_id=registration.location_id,
        connection=state.shown_connection,
        name=registration.name,
        farm=registration.farm,
        address="this computer" if registration.socket else registration.address,
        version=state.picture.identity.version if state.picture else MISSING,
        seen=age_between(state.proof_time, now) if state.proof_time else MISSING,
        proof_time=state.proof_time,
    )


COLUMNS: tuple[Column[LocationRow], ...] = (
    Column(
        "connection",
        "Connection",
        98,
        lambda row: CONNECTION_WORDS[row.connection],
        kind=CellKind.STATE,
        value=lambda row: row.connection,
        sort=lambda row: (_ORDER.index(row.connection), row.name.casefold()),
    ),
    Column("name", "Location", 100, lambda row: row.name, kind=CellKind.STRONG),
    Column("farm", "Farm", 84, lambda row: row.farm, kind=CellKind.QUIET),
    Column("address", "Address", 122, lambda row: row.address, kind=CellKind.QUIET),
    Column("version", "Version", 64, lambda row: row.version),
    Column(
        "seen",
        "Seen",
        50,
        lambda row: row.seen,
        kind=CellKind.NUMBER,
        align=Align.RIGHT,
        sort=lambda row: row.proof_time,
        descending_first=True,
    ),
)
