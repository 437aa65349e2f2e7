"""What the tree says about a row under the pointer: since when, and as of when."""

from datetime import UTC, datetime

from sesam_master.core.fleet import LocationState
from sesam_master.core.states import CONNECTION_WORDS, SEVERITY, WORDS, JobState
from sesam_master.core.wanted_media import wanted_labels
from sesam_master.ui.formatting import age_between, full_moment_text
from sesam_master.ui.notices import trouble_text


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
    lines += wanted_lines(state)
    lines.append("This computer" if registration.socket else registration.address)
    return "\n".join(lines)


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
