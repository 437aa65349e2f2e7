"""What a location says of its licence. Sizes in bytes, times aware and in UTC."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LicenceFault:
    """Why a licence does not count.

    Attributes:
        field: "file", "key", "signature", "server_name", "addresses", "valid_from" or
            "valid_until".
        licensed, here: what it says, and what is so at the location.
    """

    field: str
    licensed: str
    here: str


@dataclass(frozen=True, slots=True)
class LicenceTerms:
    """What the installed file says, also if it does not count. Days are YYYY-MM-DD, both included;
    "" is no limit, as is None.

    Attributes:
        modality: kind of contract.
        addresses: one of them has to be the server's; none: any.
        volume_size: front side.
    """

    number: str
    customer: str
    customer_number: str
    edition: str
    modality: str
    modules: tuple[str, ...]
    issue_time: datetime
    valid_from: str
    valid_until: str
    maintenance_until: str
    server_name: str
    addresses: tuple[str, ...]
    clients: int | None
    volume_size: int | None


@dataclass(frozen=True, slots=True)
class Licence:
    """The licence of a location.

    Attributes:
        state: "trial", "valid", "over_limit", "ending", "expired" or "invalid".
        may_back_up: if not, no backup starts. Restores always do.
        end_time: the first moment at which it is over; None: never, or not known.
        days_left: until then, begun ones count.
        faults: why the installed file does not count; a trial goes on nevertheless.
        terms: None without a file that can be read.
        server_name, addresses, platform: what a licence has to be for.
        used_clients: of the location, its own server among them.
        used_volume_size: front side: the files that the newest saveset of each task lists.
        install_time: when the agent first ran.
        grace_end_time: so long a server that has changed may back up all the same.
        is_clock_set_back: what the clock showed before is what counts.
    """

    state: str
    is_trial: bool
    may_back_up: bool
    end_time: datetime | None
    days_left: int | None
    faults: tuple[LicenceFault, ...]
    terms: LicenceTerms | None
    server_name: str
    addresses: tuple[str, ...]
    platform: str
    used_clients: int
    used_volume_size: int
    install_time: datetime
    grace_end_time: datetime | None
    is_clock_set_back: bool


@dataclass(frozen=True, slots=True)
class LicenceOrder:
    """What is sent to order a licence; a request for change if `is_change`."""

    is_change: bool
    subject: str
    text: str
