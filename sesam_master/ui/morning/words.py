"""What the start page says: its tiles, its rows, and why there is nothing. No Qt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil

from sesam_master.core.components import DataStore
from sesam_master.core.coverage import Coverage
from sesam_master.core.fleet import ConnectionTrouble
from sesam_master.core.licence import Licence
from sesam_master.core.morning import Dark, Morning, Sum
from sesam_master.core.needs import Need, NeedKind
from sesam_master.core.processes import Process, ProcessState
from sesam_master.core.protection import Gap, Unprotected
from sesam_master.core.records import Job
from sesam_master.core.states import CONNECTION_WORDS, WORDS, Connection, JobState
from sesam_master.ui.components.words import forecast_words, full_day_text
from sesam_master.ui.formatting import (
    UNKNOWN,
    age_between,
    age_text,
    day_text,
    number_text,
    percent_text,
    size_text,
)
from sesam_master.ui.licence.words import VERDICTS, days_words, site_moment

_DAY = timedelta(days=1)
NAMED = 3  # more are counted


class Lead(StrEnum):
    """Where a tile leads."""

    FAILED = "failed"
    MISSED = "missed"
    WARNINGS = "warnings"
    OK = "ok"
    RUNNING = "running"
    DARK = "dark"
    LICENCE = "licence"
    STORE = "store"
    UNPROTECTED = "unprotected"


@dataclass(frozen=True, slots=True)
class TileContent:
    """A number as people read it, what it counts, what narrows it, how many locations stand behind
    it, and what is set apart from it with its age. `goes` says where it leads."""

    lead: Lead
    number: str
    word: str
    about: str
    behind: str
    apart: str
    sign: JobState | Connection
    is_whole: bool
    goes: str

    @property
    def spoken(self) -> str:
        """All of it, as one sentence."""
        parts = f"{self.number} {self.word}", self.about, self.behind, self.apart
        return f"{', '.join(part for part in parts if part)}. {self.goes}"


def behind_words(coverage: Coverage) -> str:
    """193 of 200 locations."""
    noun = "location" if coverage.total == 1 else "locations"
    return f"{coverage.covered} of {coverage.total} {noun}"


def apart_words(coverage: Coverage) -> str:
    """3 off, oldest 4 s: those of which nobody expects it, and the age of the oldest proof."""
    age = "" if coverage.oldest_age is None else f"oldest {age_text(coverage.oldest_age)}"
    off = f"{coverage.off} off" if coverage.off else ""
    return ", ".join(part for part in (off, age) if part)


def page_sentence(numbers: Morning, name: str) -> str:
    """Which days are counted and where they are over, what is being asked, what is set apart."""
    closed, opened = numbers.standing
    days = f"{name}, sesam days {day_text(numbers.days.first)} and {day_text(numbers.days.last)}"
    parts = [days]
    if closed or opened:
        ended = f"the last closed at {closed} and open at {opened}"
        parts.append(ended if closed and opened else "both closed" if closed else "the last open")
    if numbers.asking:
        parts.append(f"asking {_places(numbers.asking)}")
    return "; ".join([*parts, *_apart(numbers.dark)])


def _apart(dark: Dark) -> list[str]:
    words = [f"{dark.kept} in maintenance"] if dark.kept else []
    return [*words, f"{dark.off} switched off"] if dark.off else words


def tiles(numbers: Morning, now: datetime) -> list[TileContent]:
    """In the order in which they stand."""
    return [
        _counted(
            *(Lead.FAILED, numbers.failed, "failed", JobState.ERROR),
            "Opens Results with the failed backups of these days.",
        ),
        _counted(
            *(Lead.MISSED, numbers.missed, "missed", JobState.MISSED),
            "Opens the calendar sheet with the tasks that missed a start.",
        ),
        _counted(
            *(Lead.WARNINGS, numbers.warnings, "warnings", JobState.WARNING),
            "Opens Results with the warnings of these days.",
        ),
        _counted(
            *(Lead.OK, numbers.ok, "OK", JobState.OK), "Opens Results with what ended well.", True
        ),
        _running(numbers),
        _dark(numbers),
        _licence(numbers, now),
        _store(numbers),
        _counted(
            *(Lead.UNPROTECTED, numbers.unprotected, "unprotected", JobState.LATE),
            "Lists these clients below.",
            noun=("client", "clients"),
        ),
    ]


def _counted(
    lead: Lead,
    total: Sum,
    word: str,
    state: JobState,
    goes: str,
    is_good: bool = False,
    noun: tuple[str, str] = ("", ""),
) -> TileContent:
    """Zero is good news only where nothing is missing; without any answer it is not known."""
    coverage = total.coverage
    if not coverage.covered:
        about = "Nobody answered" if coverage.total else "No location"
        return TileContent(
            *(lead, UNKNOWN, word, about, behind_words(coverage), apart_words(coverage)),
            sign=JobState.UNKNOWN,
            is_whole=False,
            goes=goes,
        )
    sign = state if total.value else _zero_sign(coverage, is_good)
    what = f"{noun[total.value != 1]} " if noun[0] else ""
    where = f"{what}at {_places(total.places)}" if total.value else f"none {what}known".strip()
    if not total.value and coverage.is_complete:
        where = "none"
    return TileContent(
        *(lead, number_text(total.value), word, where),
        *(behind_words(coverage), apart_words(coverage)),
        sign=sign,
        is_whole=coverage.is_complete,
        goes=goes,
    )


def _zero_sign(coverage: Coverage, is_good: bool) -> JobState:
    if not coverage.is_complete:
        return JobState.UNKNOWN
    return JobState.NOT_PLANNED if is_good else JobState.OK


def _running(numbers: Morning) -> TileContent:
    goes = "Opens Now."
    tile = _counted(Lead.RUNNING, numbers.running, "running", JobState.ACTIVE, goes, is_good=True)
    if tile.number == UNKNOWN:
        return tile
    unknown = f", {number_text(numbers.unknown)} unknown" if numbers.unknown else ""
    about = f"{number_text(numbers.queued)} queued{unknown}"
    return replace(tile, about=about)


def _dark(numbers: Morning) -> TileContent:
    dark = numbers.dark
    sign: JobState | Connection = JobState.OK
    if dark.value:
        sign = Connection.BROKEN if dark.broken else Connection.STALE
    elif not dark.total:
        sign = JobState.NOT_PLANNED
    elif dark.off or dark.silent:
        sign = JobState.UNKNOWN
    return TileContent(
        lead=Lead.DARK,
        number=number_text(dark.value),
        word="dark",
        about=f"{dark.stale} stale, {dark.broken} broken" if dark.value else "none",
        behind=f"of {_places(dark.total)}",
        apart=f"apart: {', '.join(_apart(dark))}" if dark.off or dark.kept else "",
        sign=sign,
        is_whole=not (dark.value or dark.off or dark.silent),
        goes="Opens Remote server, dark ones first.",
    )


def _licence(numbers: Morning, now: datetime) -> TileContent:
    ending, ended = numbers.ending, numbers.ended
    total = ended.coverage.total
    known = total - numbers.unlicensed
    is_whole = ended.coverage.is_complete
    tile = TileContent(
        lead=Lead.LICENCE,
        number=UNKNOWN,
        word="first licence end",
        about="No licence is known",
        behind=f"{known} of {_places(total)} known",
        apart=apart_words(ended.coverage),
        sign=JobState.UNKNOWN,
        is_whole=False,
        goes="Opens the licence sheet.",
    )
    if not known:
        return tile
    fine = JobState.OK if is_whole and not numbers.unlicensed else JobState.UNKNOWN
    if ending is None:
        return replace(tile, number="–", about="None of them ends", sign=fine, is_whole=is_whole)
    is_over = ending.end_time <= now
    if ended.value or is_over:
        fine = JobState.WARNING if ending.licence.may_back_up else JobState.ERROR
    what = "trial" if ending.licence.is_trial else "licence"
    more = f", {ended.value} end or stop" if ended.value > 1 else ""
    return replace(
        tile,
        number="over" if is_over else f"{number_text(ceil((ending.end_time - now) / _DAY))} d",
        about=f"{ending.place.registration.name}, {what}{more}",
        sign=fine,
        is_whole=is_whole,
    )


def _store(numbers: Morning) -> TileContent:
    fullest, full = numbers.fullest, numbers.full
    tile = TileContent(
        lead=Lead.STORE,
        number=UNKNOWN,
        word="fullest store",
        about="How full they are is not known" if numbers.stores else "No data store is known",
        behind=behind_words(full.coverage),
        apart=apart_words(full.coverage),
        sign=JobState.UNKNOWN,
        is_whole=False,
        goes="Opens the data stores of its location.",
    )
    if fullest is None:
        return tile
    store = fullest.store
    sign = JobState.OK if full.coverage.is_complete else JobState.UNKNOWN
    if full.value:
        sign = JobState.ERROR if store.is_above_mark else JobState.WARNING
    when = f", at mark on {full_day_text(store)}" if store.full_day else ", no forecast"
    return replace(
        tile,
        number=percent_text(store.fill),
        about=f"{store.name}, {fullest.place.registration.name}{when}",
        sign=sign,
        is_whole=full.coverage.is_complete,
    )


# -- rows


def state_text(need: Need) -> str:
    """The word beside the sign."""
    if need.kind is NeedKind.DARK and isinstance(need.state, Connection):
        return CONNECTION_WORDS[need.state]
    words = {
        NeedKind.LICENCE: "Licence",
        NeedKind.STORE: "Store",
        NeedKind.UNPROTECTED: "Unprotected",
        NeedKind.PART: "Process",
    }
    fallback = WORDS[need.state] if isinstance(need.state, JobState) else ""
    return words.get(need.kind, fallback)


def what_text(need: Need) -> str:
    """sql-crm, home; or what is lost at a dark location."""
    if need.kind is NeedKind.DARK:
        jobs = "job" if need.count == 1 else "jobs"
        return f"{number_text(need.count)} open {jobs}" if need.count else "The whole location"
    if need.kind is NeedKind.LICENCE:
        return "Licence"
    more = f" and {len(need.names) - NAMED} more" if len(need.names) > NAMED else ""
    return f"{', '.join(need.names[:NAMED])}{more}"


def why_text(need: Need, now: datetime) -> str:
    """What is known of the cause."""
    detail, place = need.detail, need.place
    if isinstance(detail, Job):
        times = f"{number_text(need.count)} times: " if need.count > 1 else ""
        return f"{times}{detail.message or 'No message; see the protocol'}"
    if isinstance(detail, Unprotected):
        return _unprotected(detail, now)
    if isinstance(detail, DataStore):
        return _full(detail)
    if isinstance(detail, Process):
        how = "Hangs" if detail.state is ProcessState.FAILED else "Begins again"
        return f"{how}: {detail.last_fault}" if detail.last_fault else f"{how}; no fault was told"
    if isinstance(detail, Licence):
        what = "Trial" if detail.is_trial else VERDICTS[detail.state]
        if not detail.may_back_up:
            return f"{what}: no backup starts there"
        end = detail.grace_end_time or detail.end_time
        return (
            f"{what}: ends in {days_words(detail.days_left)}, {site_moment(end, place.zone, now)}"
        )
    if isinstance(detail, ConnectionTrouble):
        return detail.detail
    if need.kind is NeedKind.DARK:
        return "No sign of life"
    if need.kind is NeedKind.MISSED:
        return "Planned and not started in these days"
    return ""


def _unprotected(detail: Unprotected, now: datetime) -> str:
    locked = "Locked; " if detail.is_locked else ""
    last = f"last good backup {age_between(detail.last, now)} ago" if detail.last else ""
    due = f"planned for {day_text(detail.due)}" if detail.due else "nothing plans it"
    words = {
        Gap.NO_TASK: "No task backs it up",
        Gap.NEVER: f"Never backed up, {due}",
        Gap.OVERDUE: f"{due}, {last}",
        Gap.UNPLANNED: f"Nothing plans it, {last}",
    }[detail.gap]
    return f"{locked}{words[:1].lower() if locked else words[:1].upper()}{words[1:]}"


def _full(store: DataStore) -> str:
    if store.fault:
        return store.fault
    room = f"{percent_text(store.fill)} of {size_text(store.capacity_bytes)}"
    words = forecast_words(store)
    forecast = f", {words[:1].lower()}{words[1:]}" if words else ""
    return f"{room}, mark {store.high_water_mark} %{forecast}"


def since_text(need: Need, now: datetime) -> str:
    return age_between(need.since, now) if need.since is not None else "–"


def quiet_words(numbers: Morning, dark: Sequence[str]) -> tuple[str, str]:
    """Headline and reason where nothing needs anybody; never good news while something is
    missing."""
    coverage = numbers.coverage
    if numbers.asking:
        done = coverage.total - numbers.asking
        return "Not known yet", f"Asking {_places(coverage.total)}, {done} answered."
    if coverage.is_complete:
        day = f"{day_text(numbers.days.first)} and {day_text(numbers.days.last)}"
        who = "The location" if coverage.total == 1 else f"All {_places(coverage.total)}"
        return "Nothing needs you", f"{who} answered, for {day}."
    missing = ", ".join(dark[:NAMED]) + (f" and {len(dark) - NAMED} more" * (len(dark) > NAMED))
    return (
        "Nothing known needs you",
        f"Only {behind_words(coverage)} stand behind that. Not known: {missing}.",
    )


def _places(count: int) -> str:
    return "1 location" if count == 1 else f"{number_text(count)} locations"
