"""The table of acts: how far each is, where, what, and why."""

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import Qt

from sesam_master.core.acts import Act, ItemT, Stage
from sesam_master.core.states import OPEN_STATES, WORDS, JobState
from sesam_master.ui.formatting import percent_text
from sesam_master.ui.widgets.column import CellKind, Column


def act_columns(
    is_followed: bool, when: Column[Act[ItemT]] | None = None
) -> list[Column[Act[ItemT]]]:
    """`is_followed`: the jobs that came of it are told too. `when` is a column of the time."""

    def outcome(act: Act[ItemT]) -> str:
        return outcome_text(act, is_followed)

    def reason(act: Act[ItemT]) -> str:
        return reason_text(act, is_followed)

    return [
        Column(
            "outcome",
            "Outcome",
            130,
            outcome,
            CellKind.STATE,
            value=lambda act: _sign(act, is_followed),
            fits=("Accepted, queued", Stage.UNSURE.value),
        ),
        Column(
            "location",
            "Location",
            120,
            lambda act: act.location,
            CellKind.LOCATION,
            value=lambda act: act.connection,
            tooltip=lambda act: act.location,
            elide=Qt.TextElideMode.ElideMiddle,
            least=80,
        ),
        Column(
            "task",
            "Task",
            130,
            lambda act: act.item.name,
            CellKind.STRONG,
            tooltip=lambda act: act.item.name,
            least=80,
            most=340,
        ),
        *([when] if when is not None else []),
        Column("reason", "Reason", 250, reason, CellKind.MESSAGE, tooltip=reason, least=120),
    ]


def outcome_text(act: Act[ItemT], is_followed: bool = True) -> str:
    """How far it is; of several jobs how many have ended."""
    state, jobs = act.state, act.jobs
    if state is None or not _shows_state(act, is_followed):
        return act.stage.value
    if act.stage is Stage.READY:
        return WORDS[state]
    if len(jobs) > 1 and state in OPEN_STATES:
        ended = sum(not job.is_open for job in jobs)
        return f"{WORDS[state]}, {ended} of {len(jobs)} ended"
    progress = jobs[0].progress if jobs else None
    if state is JobState.ACTIVE and progress is not None and progress.fraction is not None:
        return f"{WORDS[state]} {percent_text(progress.fraction)}"
    is_waiting = state in (JobState.QUEUED, JobState.PLANNED)
    return f"{act.stage.value}, {WORDS[state].lower()}" if is_waiting else WORDS[state]


def reason_text(act: Act[ItemT], is_followed: bool = True) -> str:
    """Why it is not done, or what the jobs that came of it say."""
    if act.stage is not Stage.ACCEPTED or not is_followed:
        return act.reason
    if not act.jobs and act.state is JobState.UNKNOWN:
        return "Nothing is known of it now. The calendar shows what becomes of it."
    if len(act.jobs) == 1:
        return act.jobs[0].message
    return " ".join(f"{job.task}: {job.message}" for job in act.jobs if job.message)


def summary_text(acts: Sequence[Act[ItemT]], is_followed: bool = True) -> str:
    """How many there are of each outcome: 5 ok, 2 error, 1 not possible."""
    words = Counter(
        WORDS[act.state] if act.state and is_followed and act.stage is Stage.ACCEPTED else act.stage
        for act in acts
    )
    return ", ".join(f"{number} {word.partition(',')[0].lower()}" for word, number in words.items())


def _shows_state(act: Act[ItemT], is_followed: bool) -> bool:
    return act.stage is Stage.READY or (act.stage is Stage.ACCEPTED and is_followed)


def _sign(act: Act[ItemT], is_followed: bool) -> JobState | None:
    stages = {Stage.FAILED: JobState.ERROR, Stage.UNSURE: JobState.UNKNOWN}
    return act.state if _shows_state(act, is_followed) else stages.get(act.stage)
