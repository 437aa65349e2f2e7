"""Licences (manual, "Licensing"): whether one counts here and now, and what follows from that.

TRIAL → EXPIRED, until a licence is installed
VALID | OVER_LIMIT → ENDING → EXPIRED
INVALID: there is a licence, and it is none of this server

Backups are all that a licence can switch off. Nothing here keeps anybody from a restore.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from math import ceil

TRIAL = timedelta(days=30)
NOTICE = timedelta(days=7)  # before the end
# A server whose name or address has changed goes on for so long: a new licence comes by mail.
GRACE = timedelta(days=7)
# What may become so by itself of a licence that has counted; "file": its key cannot be read.
_MAY_CHANGE = frozenset({"server_name", "addresses", "file"})
_DAY = timedelta(days=1)
# What a clock may show between two looks, also where a machine has slept.
_LONGEST_STEP = timedelta(hours=1)
_SET_BACK = timedelta(hours=1)  # less than that is a clock that was corrected


class LicenceState(StrEnum):
    """The worst that is to be said, in this order: INVALID, EXPIRED, ENDING, OVER_LIMIT."""

    TRIAL = "trial"
    VALID = "valid"
    OVER_LIMIT = "over_limit"
    ENDING = "ending"
    EXPIRED = "expired"
    INVALID = "invalid"


class SignatureState(StrEnum):
    GOOD = "good"
    UNKNOWN_KEY = "unknown_key"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Server:
    """What a licence is bound to and an order has to name.

    Attributes:
        name: host name as the server itself knows it.
        addresses: of its network, IPv4 first; none of the loopback, none of a link only.
        platform: hardware and system, for people.
    """

    name: str
    addresses: tuple[str, ...]
    platform: str


@dataclass(frozen=True, slots=True)
class Licence:
    """What a licence file says.

    Attributes:
        modality: kind of contract, such as "Maintenance".
        issued: when it was signed.
        valid_from, valid_until: days in the server's zone, both included; None is no limit.
        addresses: one of them has to be the server's; none: it is bound to the name alone.
        clients: that there may be, the server itself among them; None is no limit.
        volume_bytes: front side, as `Use` has it; None is no limit.
    """

    number: str
    customer: str
    customer_number: str
    edition: str
    modality: str
    modules: tuple[str, ...]
    issued: datetime
    valid_from: date | None
    valid_until: date | None
    maintenance_until: date | None
    server_name: str
    addresses: tuple[str, ...]
    clients: int | None
    volume_bytes: int | None

    def end(self, zone: tzinfo) -> datetime | None:
        """The first moment at which it is over."""
        if self.valid_until is None or self.valid_until == date.max:
            return None
        return datetime.combine(self.valid_until + _DAY, time(), zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Use:
    """What is used of the limits.

    Attributes:
        clients: all that there are, the server itself among them: it is the first unit.
        volume_bytes: front side: what the newest saveset of each task stands for, complete.
    """

    clients: int
    volume_bytes: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a licence does not count. `field` is one of file, key, signature, server_name, addresses,
    valid_from and valid_until; what it says, and what is so here."""

    field: str
    licensed: str
    here: str


@dataclass(frozen=True, slots=True)
class Found:
    """The licence file as it was found: what it says, unless it cannot be read, and its faults.

    Attributes:
        digest: of the whole file.
    """

    licence: Licence | None
    faults: tuple[Fault, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class LicenceFacts:
    """What is kept of the past.

    Attributes:
        install_time: when the agent first ran.
        highest_time: up to when the location has come, whatever its clock shows now.
        told_day: the last day on which somebody was told, in the server's zone.
        accepted: digest of the file that counted here last.
        foreign_since: since when that very file does not count any more, without having ended.
        newest_issued: of the licences that have counted here.
    """

    install_time: datetime
    highest_time: datetime
    told_day: date | None = None
    accepted: str = ""
    foreign_since: datetime | None = None
    newest_issued: datetime | None = None

    def at(self, now: datetime) -> datetime:
        """The time that counts for licences: a clock that was set back does not help."""
        return max(now, self.highest_time)

    def is_set_back(self, now: datetime) -> bool:
        return self.highest_time - now > _SET_BACK


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows.

    Attributes:
        end_time: the first moment at which it is over; None: never, or nobody can tell.
        days_left: until then, begun ones count; 0 when it is over.
        grace_end_time: where the server has changed, or a key cannot be read: so long it may back
            up all the same.
    """

    state: LicenceState
    is_trial: bool
    may_back_up: bool
    end_time: datetime | None
    days_left: int | None
    faults: tuple[Fault, ...] = ()
    grace_end_time: datetime | None = None

    @property
    def needs_somebody(self) -> bool:
        return self.state not in (LicenceState.TRIAL, LicenceState.VALID) or bool(self.faults)


def faults_of(
    licence: Licence,
    key: str,
    signature: SignatureState,
    server: Server,
    now: datetime,
    zone: tzinfo,
) -> tuple[Fault, ...]:
    """Everything that speaks against a licence on this server at this time.

    Args:
        key: id of the key that it names.
    """
    found: list[Fault] = []
    if signature is SignatureState.UNKNOWN_KEY:
        found.append(Fault("key", key, "not trusted"))
    elif signature is SignatureState.WRONG:
        found.append(Fault("signature", f"of key {key}", "does not match the text"))
    if licence.server_name.casefold() != server.name.casefold():
        found.append(Fault("server_name", licence.server_name, server.name))
    if licence.addresses and not set(licence.addresses) & set(server.addresses):
        found.append(Fault("addresses", _listed(licence.addresses), _listed(server.addresses)))
    today = now.astimezone(zone).date()
    if licence.valid_from is not None and today < licence.valid_from:
        found.append(Fault("valid_from", licence.valid_from.isoformat(), today.isoformat()))
    if licence.valid_until is not None and today > licence.valid_until:
        found.append(Fault("valid_until", licence.valid_until.isoformat(), today.isoformat()))
    return tuple(found)


def judge(
    facts: LicenceFacts, found: Found | None, use: Use, now: datetime, zone: tzinfo
) -> Verdict:
    """What follows from the licence that is installed, or from there being none.

    Args:
        now: the time that counts, as `LicenceFacts.at` says it.
    """
    trial_end = facts.install_time + TRIAL
    if found is None or (found.faults and now < trial_end):
        return _trial(trial_end, now, found.faults if found is not None else ())
    end = found.licence.end(zone) if found.licence is not None else None
    left = _days_left(end, now)
    if not found.faults:
        return Verdict(_state_of(found.licence, use, end, now), False, True, end, left)
    fields = {fault.field for fault in found.faults}
    if fields == {"valid_until"}:
        return Verdict(LicenceState.EXPIRED, False, False, end, left, found.faults)
    grace_end = None
    if fields <= _MAY_CHANGE and found.digest == facts.accepted:
        grace_end = (facts.foreign_since or now) + GRACE
    may = grace_end is not None and now < grace_end
    return Verdict(LicenceState.INVALID, False, may, end, left, found.faults, grace_end)


def _trial(end: datetime, now: datetime, faults: tuple[Fault, ...]) -> Verdict:
    if now >= end:
        return Verdict(LicenceState.EXPIRED, True, False, end, 0, faults)
    state = LicenceState.ENDING if end - now <= NOTICE else LicenceState.TRIAL
    return Verdict(state, True, True, end, _days_left(end, now), faults)


def _state_of(
    licence: Licence | None, use: Use, end: datetime | None, now: datetime
) -> LicenceState:
    if end is not None and end - now <= NOTICE:
        return LicenceState.ENDING
    if licence is not None and exceeded(licence, use):
        return LicenceState.OVER_LIMIT
    return LicenceState.VALID


def exceeded(licence: Licence, use: Use) -> tuple[str, ...]:
    """Which limits more is used than: clients, volume."""
    over = []
    if licence.clients is not None and use.clients > licence.clients:
        over.append("clients")
    if licence.volume_bytes is not None and use.volume_bytes > licence.volume_bytes:
        over.append("volume")
    return tuple(over)


def advanced(facts: LicenceFacts, seen: datetime | None, now: datetime) -> LicenceFacts:
    """The facts after a look at the clock. While it is behind, time goes on by what it shows to
    have passed, so that one that is set back again and again does not stand still.

    Args:
        seen: what the clock showed at the look before; None at the first.
    """
    if now >= facts.highest_time:
        return replace(facts, highest_time=now)
    passed = now - seen if seen is not None else timedelta()
    if timedelta() < passed <= _LONGEST_STEP:
        return replace(facts, highest_time=facts.highest_time + passed)
    return facts


def settled(facts: LicenceFacts, found: Found | None, now: datetime) -> LicenceFacts:
    """The facts after a look at the licence."""
    if found is None:
        return replace(facts, foreign_since=None)
    if found.licence is not None and not found.faults:
        issued = found.licence.issued
        newest = max(facts.newest_issued or issued, issued)
        return replace(facts, accepted=found.digest, foreign_since=None, newest_issued=newest)
    if found.digest == facts.accepted and facts.foreign_since is None:
        return replace(facts, foreign_since=now)
    return facts


def corrected(facts: LicenceFacts, licence: Licence, now: datetime) -> LicenceFacts:
    """The facts for a licence that is about to be installed. A clock that was once far ahead would
    end everything for good; that a later licence was issued proves that it was wrong."""
    if facts.newest_issued is not None and licence.issued <= facts.newest_issued:
        return facts
    return replace(facts, highest_time=min(facts.highest_time, max(now, licence.issued)))


def next_change(verdict: Verdict, now: datetime) -> datetime | None:
    """When the verdict becomes another one by itself."""
    ends = [verdict.end_time, verdict.grace_end_time]
    moments = [end - ahead for end in ends if end is not None for ahead in (NOTICE, timedelta())]
    return min((moment for moment in moments if moment > now), default=None)


def _days_left(end: datetime | None, now: datetime) -> int | None:
    return max(0, ceil((end - now) / _DAY)) if end is not None else None


def _listed(addresses: Sequence[str]) -> str:
    return ", ".join(addresses) or "none"
