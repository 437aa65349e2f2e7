"""What can be done with chosen cells and with one run, and why not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sesam_master.core.calendar import CalendarRow
from sesam_master.core.calendar_filter import CalendarFilter
from sesam_master.core.fleet import LocationState
from sesam_master.core.records import JobKind
from sesam_master.core.sheet import RowKind
from sesam_master.core.sheet_shown import shown_state
from sesam_master.core.states import WORDS, JobState
from sesam_master.ui.calendar.day_presenter import DayRow
from sesam_master.ui.results.actions import Offer, cancel_kind_reason, possible, start_reason

FAILED = frozenset({JobState.ERROR, JobState.BROKEN, JobState.MISSED, JobState.CANCELLED})
KINDS = {
    RowKind.BACKUP: "backups",
    RowKind.RESTORE: "restores",
    RowKind.COMMAND: "commands",
    RowKind.NEWDAY: "NEWDAY",
    RowKind.VERIFY: "verifications",
    RowKind.MIGRATION: "migrations",
    RowKind.RESTORE_PROOF: "restore proofs",
    RowKind.UNKNOWN: "what is of an unknown kind",
}
Tasks = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class CalendarVerbs:
    """What the calendar calls: `start_backup` with (location id, task) of many, `open_job` with
    location id and job id."""

    start_backup: Callable[[Tasks], None]
    open_job: Callable[[str, str], None]


def cell_offers(
    rows: Sequence[CalendarRow],
    days: range,
    runs: Sequence[DayRow],
    location: Callable[[str], LocationState | None],
    verbs: CalendarVerbs,
    copy: Callable[[], None],
) -> list[Offer]:
    """For the chosen rectangle; `runs` are the occurrences of the cell in focus, as far as they
    are known."""
    failed = [row for row in rows if _has_failed(row, days)]
    return [
        _open_offer([run for run in runs if run.occurrence.job_id], verbs),
        _start_offer("start", _named("Start backup", rows), rows, location, verbs),
        _start_offer("restart", _named("Start failed again", failed), failed, location, verbs),
        Offer("copy", "Copy cells", "copy", None, copy, is_main=False),
    ]


def run_offers(
    run: DayRow,
    location: Callable[[str], LocationState | None],
    verbs: CalendarVerbs,
    take_back: Callable[[DayRow], None],
) -> list[Offer]:
    """For one occurrence of the day list; to take back only while it is to come."""
    one = run.occurrence
    place = location(one.location_id)
    reason = _no_task(one.kind) or start_reason(place, one.task)
    tasks = [(one.location_id, one.task)]
    again = "Restart" if run.state in FAILED else "Start"
    start = Offer("start", again, "play", reason, lambda: verbs.start_backup(tasks))
    if one.state is not JobState.PLANNED:
        return [start, _open_offer([run] if one.job_id else [], verbs)]
    reason = take_back_reason(run, place)
    return [start, Offer("take-back", "Take back", "circle-stop", reason, lambda: take_back(run))]


def take_back_reason(run: DayRow, place: LocationState | None) -> str | None:
    """Why a start to come cannot be taken back, as its agent would say; None if it can."""
    if run.occurrence.kind is RowKind.NEWDAY:
        return "NEWDAY can be moved, never left out."
    return cancel_kind_reason(place, JobKind(run.occurrence.kind.value))


def filter_offers(
    chosen: CalendarFilter,
    row: CalendarRow,
    state: JobState,
    narrow: Callable[[CalendarFilter], None],
) -> list[Offer]:
    """Narrow further, to what one cell is about."""
    place, task = row.place, row.row
    at = frozenset({place.location_id})
    one = frozenset({(place.location_id, task.name)})
    choices = [
        ("location", f"Only {place.name}", replace(chosen, locations=at)),
        ("task", f"Only {task.name} at {place.name}", replace(chosen, tasks=one)),
        ("state", f"Only rows with {WORDS[state]}", replace(chosen, states=frozenset({state}))),
    ]
    only_kind = replace(chosen, kinds=frozenset({task.kind}))
    choices.append(("kind", f"Only {KINDS[task.kind]}", only_kind))
    if task.client:
        narrowed = replace(chosen, clients=frozenset({task.client}))
        choices.insert(2, ("client", f"Only the client {task.client}", narrowed))
    return [
        Offer(key, text, "list-filter", None, partial(narrow, to), is_main=False)
        for key, text, to in choices
    ]


def _open_offer(runs: Sequence[DayRow], verbs: CalendarVerbs) -> Offer:
    reason = None if runs else "Nothing has run there, so there is no protocol."
    key = (runs[0].occurrence.location_id, runs[0].occurrence.job_id or "") if runs else ("", "")
    return Offer("protocol", "Protocol", "scroll-text", reason, lambda: verbs.open_job(*key))


def _start_offer(
    key: str,
    text: str,
    rows: Sequence[CalendarRow],
    location: Callable[[str], LocationState | None],
    verbs: CalendarVerbs,
) -> Offer:
    able, reason = possible(
        rows,
        lambda row: (
            _no_task(row.row.kind) or start_reason(location(row.place.location_id), row.row.name)
        ),
    )
    tasks = [(row.place.location_id, row.row.name) for row in able]
    none = "Nothing of what is chosen has failed." if key == "restart" else "Choose a task first."
    reason = reason if rows else none
    icon = "rotate-cw" if key == "restart" else "play"
    return Offer(key, text, icon, reason, lambda: verbs.start_backup(tasks))


def _no_task(kind: RowKind) -> str | None:
    return None if kind is RowKind.BACKUP else "Only backups can be started here."


def _has_failed(row: CalendarRow, days: range) -> bool:
    return any(shown_state(row.cells[day]) in FAILED for day in days)


def _named(verb: str, rows: Sequence[CalendarRow]) -> str:
    return verb if len(rows) < 2 else f"{verb} of {len(rows)} tasks"
