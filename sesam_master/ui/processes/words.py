"""What is said of the parts of an agent, and asked before something is done to them. No Qt."""

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo

from sesam_master.core.fleet import LocationState
from sesam_master.core.processes import AgentProcess, Process, ProcessState, StopMode
from sesam_master.core.records import Job
from sesam_master.core.states import JobState
from sesam_master.ui.formatting import age_between, far_moment_text, full_moment_text, number_text
from sesam_master.ui.widgets.column import Align, CellKind, Column

STATES = {
    ProcessState.ONLINE: "Online",
    ProcessState.RESTARTING: "Restarting",
    ProcessState.FAILED: "Failed",
    ProcessState.UNUSED: "Not used",
    ProcessState.UNKNOWN: "Unknown",
}
SIGNS = {
    ProcessState.ONLINE: JobState.OK,
    ProcessState.RESTARTING: JobState.WARNING,
    ProcessState.FAILED: JobState.ERROR,
    ProcessState.UNUSED: JobState.NOT_PLANNED,
    ProcessState.UNKNOWN: JobState.UNKNOWN,
}
STOP_CHOICES = {
    "When the running jobs have ended": StopMode.DRAIN,
    "At once": StopMode.INTERRUPT,
}
_ORDER = (
    ProcessState.FAILED,
    ProcessState.RESTARTING,
    ProcessState.UNKNOWN,
    ProcessState.ONLINE,
    ProcessState.UNUSED,
)
_NAMED = 3


def process_columns(
    site: tzinfo, is_dark: Callable[[], bool], now: datetime
) -> tuple[Column[Process], ...]:
    """What is shown of a dark location is how it was when it was seen last."""
    return (
        Column(
            "state",
            "State",
            110,
            lambda one: f"Was {STATES[one.state].lower()}" if is_dark() else STATES[one.state],
            kind=CellKind.STATE,
            value=lambda one: JobState.UNKNOWN if is_dark() else SIGNS[one.state],
            sort=lambda one: (_ORDER.index(one.state), one.name),
            fits=("Was restarting",),
        ),
        Column("name", "Process", 110, lambda one: one.name, kind=CellKind.STRONG),
        Column("description", "What it does", 320, lambda one: one.description, most=520),
        Column(
            "since",
            "Since",
            140,
            lambda one: far_moment_text(one.since, site, now.year),
            sort=lambda one: one.since,
            tooltip=lambda one: full_moment_text(one.since, site),
            descending_first=True,
        ),
        Column(
            "restarts",
            "Restarts",
            76,
            lambda one: number_text(one.restarts),
            kind=CellKind.NUMBER,
            align=Align.RIGHT,
            sort=lambda one: one.restarts,
            descending_first=True,
        ),
        Column(
            "fault",
            "Last fault",
            180,
            lambda one: one.last_fault or "none",
            tooltip=lambda one: one.last_fault,
            kind=CellKind.QUIET,
            most=1200,
        ),
        Column("pid", "Process id", 84, _pid, kind=CellKind.NUMBER, align=Align.RIGHT, yields=1),
    )


def _pid(one: Process) -> str:
    return str(one.pid) if one.pid else "–"


def agent_sentence(agent: AgentProcess | None, name: str, now: datetime) -> str:
    """What the page shows, with what is known of the process."""
    if agent is None:
        return f"The parts that the agent of {name} consists of"
    if agent.stopping is not None:
        jobs = _jobs(agent.running_jobs)
        return f"The agent of {name} was told to end; {jobs} still run"
    ran = age_between(agent.start_time, now)
    return f"Agent {agent.version} of {name}, process {agent.pid}, for {ran}"


def nothing_words(state: LocationState | None, name: str) -> tuple[str, str]:
    """Headline and reason where there are no parts to show."""
    if state is None:
        return "Its processes are not known", f"{name} is not one of this desk's any more."
    if state.picture is None:
        return "Its processes are not known", f"{name} was never reached from this desk."
    version = state.picture.identity.version
    return (
        "Its agent does not tell its processes",
        f"The agent of {name} has the version {version}, which is too old for that. Update it to "
        "see and restart its parts here.",
    )


def running_jobs(state: LocationState | None) -> list[Job]:
    if state is None or state.picture is None:
        return []
    return [job for job in state.picture.open_jobs if job.state is JobState.ACTIVE]


def restart_question(process: str, name: str) -> str:
    return (
        f"Restart {process} at {name}? It begins again as soon as what it does just now is done. "
        "Jobs go on."
    )


def stop_question(mode: StopMode, jobs: Sequence[Job], name: str) -> str:
    """What follows, before it happens."""
    after = (
        f"No queued job starts at {name} any more; it waits for the next start. Nobody can start "
        "the agent from a desk: run sm_startup on the server."
    )
    if not jobs:
        return f"No job runs. The agent ends at once. {after}"
    what = f"{_jobs(len(jobs))} ({_names(jobs)})"
    if mode is StopMode.DRAIN:
        return f"The agent ends when {what} have ended. {after}"
    return f"{what} are broken now: their backups cannot be used. Then the agent ends. {after}"


def stopped_words(mode: StopMode, jobs: int, name: str) -> str:
    if mode is StopMode.DRAIN and jobs:
        return f"The agent of {name} ends when {_jobs(jobs)} have ended."
    return f"The agent of {name} ends now."


def _jobs(count: int) -> str:
    return "1 running job" if count == 1 else f"{number_text(count)} running jobs"


def _names(jobs: Sequence[Job]) -> str:
    names = [job.name for job in jobs]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"
