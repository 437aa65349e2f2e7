"""The licence of a location as it says it, and what a person has to know of those of all.

Moments aware, in UTC; sizes in bytes.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class LicenceState(StrEnum):
    """UNKNOWN: something that only a newer desk knows."""

    TRIAL = "trial"
    VALID = "valid"
    OVER_LIMIT = "over_limit"
    ENDING = "ending"
    EXPIRED = "expired"
    INVALID = "invalid"
    UNKNOWN = "unknown"

    @property
    def stops_or_ends(self) -> bool:
        """Somebody has to do something, or backups stop, if they have not yet."""
        return self in (LicenceState.ENDING, LicenceState.EXPIRED, LicenceState.INVALID)


# The worst first.
SEVERITY = (
    LicenceState.INVALID,
    LicenceState.EXPIRED,
    LicenceState.UNKNOWN,
    LicenceState.ENDING,
    LicenceState.OVER_LIMIT,
    LicenceState.TRIAL,
    LicenceState.VALID,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a licence does not count. `field` is one of file, key, signature, server_name, addresses,
    valid_from and valid_until, or one that only a newer desk knows."""

    field: str
    licensed: str
    here: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What the installed file says, also if it does not count. None is no limit.

    Attributes:
        valid_until, maintenance_until: days of the site, both included.
        addresses: one of them has to be the server's; none: any.
        volume_bytes: front side.
    """

    number: str
    customer: str
    customer_number: str
    edition: str
    modality: str
    modules: tuple[str, ...]
    issue_time: datetime
    valid_until: date | None
    maintenance_until: date | None
    server_name: str
    addresses: tuple[str, ...]
    clients: int | None
    volume_bytes: int | None


@dataclass(frozen=True, slots=True)
class Licence:
    """Field meanings are those of `sesam_api.v1.Licence`.

    Attributes:
        end_time: the first moment at which it is over; None: never, or not known.
        terms: None without a file that can be read.
    """

    state: LicenceState
    is_trial: bool
    may_back_up: bool
    end_time: datetime | None
    days_left: int | None
    faults: tuple[Fault, ...]
    terms: Terms | None
    server_name: str
    addresses: tuple[str, ...]
    platform: str
    used_clients: int
    used_volume_bytes: int
    grace_end_time: datetime | None = None
    is_clock_set_back: bool = False

    @property
    def is_for_another_server(self) -> bool:
        return any(fault.field in ("server_name", "addresses") for fault in self.faults)


@dataclass(frozen=True, slots=True)
class LicenceOrder:
    """The mail with which a licence is ordered; a request for change if `is_change`."""

    is_change: bool
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Installed:
    """What follows, and the name of the file before at the location; "" if there was none."""

    licence: Licence
    kept_as: str
