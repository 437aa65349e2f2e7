"""What the tree says about a row under the pointer: since when, and as of when."""

from datetime import UTC, datetime

from sesam_master.core.farm_sums import FarmSum
from sesam_master.core.farms import ROOT, Farms, Place
from sesam_master.core.fleet import LocationState
from sesam_master.core.states import CONNECTION_WORDS, SEVERITY, WORDS, Connection, JobState
from sesam_master.core.wanted_media import wanted_labels
from sesam_master.ui.formatting import age_between, full_moment_text
from sesam_master.ui.notices import trouble_text

_NOT_WELL = (Connection.BROKEN, Connection.STALE, Connection.CONNECTING, Connection.OFF)


def location_tip(state: LocationState, now: datetime) -> str:
    """Name, connection, since when and why."""
    registration, trouble = state.registration, state.trouble
    lines = [f"{registration.name}: {CONNECTION_WORDS[state.shown_connection].lower()}"]
    if trouble is not None:
        lines[0] += f" since {_moment(trouble.since, now)}"
        lines.append(trouble_text(trouble))
    if state.is_live:
        lines.append(f"Last heartbeat {_age(state.proof_time, now)}")
    elif state.proof_time is not None:
        lines.append(f"Known as of {_moment(state.proof_time, now)}, {_age(state.proof_time, now)}")
    else:
        lines.append("Nothing is known of it yet")
    if counts := state.trouble_counts:
        parts = [f"{counts[s]} {WORDS[s].lower()}" for s in SEVERITY if s in counts]
        when = "" if state.is_live else ", as it was then"
        lines.append(f"Newest results: {', '.join(parts)}{when}")
    lines += [f"Process {p.name} {p.state}. {p.last_fault}" for p in state.failed_processes]
    lines += wanted_lines(state)
    lines += _control_lines(state, now)
    lines.append("This computer" if registration.socket else registration.address)
    return "\n".join(lines)


def farm_tip(farms: Farms, farm_id: str, told: FarmSum) -> str:
    """How many of its locations are well, what is wrong, and what is set on it."""
    marks = farms.marks(farm_id)
    lines = [farms.path(farm_id) or farms.name(ROOT)]
    noun = "location" if told.total == 1 else "locations"
    parts = [f"{told.live} of {told.total} {noun} live" if told.total else "no locations yet"]
    parts += [f"{n} {CONNECTION_WORDS[k].lower()}" for k in _NOT_WELL if (n := told.connections[k])]
    parts += [f"{told.maintenance} in maintenance"] if told.maintenance else []
    lines.append(", ".join(parts))
    for counts, where in ((told.troubles, ""), (told.silent, ", off or in maintenance")):
        words = [f"{counts[s]} {WORDS[s].lower()}" for s in SEVERITY if counts[s]]
        lines += [f"Newest results: {', '.join(words)}{where}"] if words else []
    switches = marks.switches
    lines += ["Switched off here"] if switches.is_off else []
    lines += ["Only observed, set here"] if switches.observes else []
    lines += [f"Tags: {' '.join(f'#{tag}' for tag in marks.tags)}"] if marks.tags else []
    lines += [marks.comment] if marks.comment else []
    return "\n".join(lines)


def stranger_tip(farms: Farms, place: Place) -> str:
    """Why it is there at all."""
    lines = [
        f"{place.name}: not one of this desk's locations",
        "The farms keep what was set on it, until it is enrolled or removed from them.",
    ]
    control = farms.control(place.location_id)
    lines += ["Would be off"] if control.off_by is not None else []
    lines += ["Would be only observed"] if control.observed_by is not None else []
    return "\n".join(lines)


def _control_lines(state: LocationState, now: datetime) -> list[str]:
    """What this desk's farms set on it."""
    control, lines = state.control, []
    if control.off_by is not None:
        lines.append(f"Switched off{_set_at(control.off_by)}")
    if control.observed_by is not None:
        lines.append(f"This desk only observes it{_set_at(control.observed_by)}")
    if state.maintenance_end is not None:
        lines.append(f"In maintenance until {_moment(state.maintenance_end, now)}: no alarms")
    if control.tags:
        lines.append(f"Tags: {' '.join(f'#{tag}' for tag in sorted(control.tags))}")
    if control.comment:
        lines.append(control.comment)
    return lines


def _set_at(by: str) -> str:
    return f" by {by}" if by else ""


def task_tip(state: LocationState, task: str, now: datetime) -> str:
    """The newest result of the task and when it was; as of when, at a dark location."""
    job = state.newest_backup(task)
    if job is None:
        words = "no backup yet"
    else:
        shown = state.shown_state(job)
        words = WORDS[shown].lower()
        moment = job.end_time or job.start_time or job.create_time
        words += f", {'since' if job.is_open else 'ended'} {_moment(moment, now)}"
        if job.message and shown is not JobState.UNKNOWN:
            words += f"\n{job.message}"
    tip = "\n".join([f"{task}: {words}", *wanted_lines(state, task)])
    if not state.is_live and state.proof_time is not None:
        tip += f"\nKnown as of {_moment(state.proof_time, now)}; nothing newer is known"
    return tip


def wanted_lines(state: LocationState, task: str = "") -> list[str]:
    """One for each medium that jobs wait for; of a task, only its own."""
    was = "" if state.is_live else ", as it was then"
    return [f"Somebody has to put in {label}{was}" for label in wanted_labels(state, task)]


def _moment(moment: datetime, now: datetime) -> str:
    """In the desk's time zone."""
    return full_moment_text(moment, now.astimezone().tzinfo or UTC)


def _age(moment: datetime | None, now: datetime) -> str:
    return f"{age_between(moment, now)} ago" if moment else "none yet"
