"""Licences of locations, as a gateway in memory answers about them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.licence import Installed, Licence, LicenceOrder, LicenceState, Terms

TRIAL = Licence(
    state=LicenceState.TRIAL,
    is_trial=True,
    may_back_up=True,
    end_time=datetime(2026, 3, 28, 7, 0, tzinfo=UTC),
    days_left=27,
    faults=(),
    terms=None,
    server_name="portland-bk01",
    addresses=("192.0.2.12", "2001:db8:31::12"),
    platform="Linux x86_64, Debian GNU/Linux 12",
    used_clients=21,
    used_volume_bytes=6_200_000_000_000,
)
TERMS = Terms(
    number="2026-0007",
    customer="Hafen Logistik",
    customer_number="4711",
    edition="Standard",
    modality="Maintenance",
    modules=("backup", "restore"),
    issue_time=datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
    valid_until=date(2027, 2, 28),
    maintenance_until=date(2027, 2, 28),
    server_name="portland-bk01",
    addresses=("192.0.2.12",),
    clients=25,
    volume_bytes=10_000_000_000_000,
)
VALID = replace(
    TRIAL,
    state=LicenceState.VALID,
    is_trial=False,
    end_time=datetime(2027, 3, 1, 0, 0, tzinfo=UTC),
    days_left=365,
    terms=TERMS,
)


@dataclass
class FakeLicenceGateway:
    """The part of a fake gateway that installs and orders licences.

    Attributes:
        installed_files: what was installed, with its location.
        refused: why the next file is refused.
    """

    installed_files: list[tuple[str, bytes]] = field(default_factory=list)
    ordered: list[tuple[str, str]] = field(default_factory=list)
    refused: str = ""

    async def install_licence(self, location_id: str, content: bytes, request_id: str) -> Installed:
        if self.refused:
            about = {"detail": self.refused}
            raise LocationError(Trouble.REJECTED, location_id, "LICENCE_REFUSED", about)
        kept = "sm_lic.ini.20260301-120000" if self.installed_files else ""
        self.installed_files.append((location_id, content))
        return Installed(VALID, kept)

    async def licence_order(self, location_id: str, delivery_note: str) -> LicenceOrder:
        self.ordered.append((location_id, delivery_note))
        text = f"Order of a licence\n\nDelivery note: {delivery_note or 'not given'}\n"
        return LicenceOrder(False, "Licence for portland-bk01", text)
