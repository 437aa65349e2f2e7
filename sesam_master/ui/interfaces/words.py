"""What is said of interface programs, and the columns of their table. No widgets."""

import os
import shlex
from datetime import datetime, tzinfo

from sesam_master.core.interfaces import Interface, InterfaceState, RunOutcome
from sesam_master.core.states import WORDS, JobState
from sesam_master.ui.formatting import MISSING, duration_text, far_moment_text, full_moment_text
from sesam_master.ui.widgets.column import CellKind, Column

WHEN = {
    "sbc_pre": "Before a backup, and before a restore",
    "sbc_post": "After a backup that made a saveset, and after a restore",
    "sm_notify": "When something went well",
    "sm_alarm": "When something failed",
    "sm_disaster": "After a backup of the location itself",
}
AT_CLIENTS = ("sbc_pre", "sbc_post")
_STATES = {
    InterfaceState.ON: "On",
    InterfaceState.OFF: "Off",
    InterfaceState.UNUSABLE: "Cannot be run",
    InterfaceState.UNKNOWN: "Not known",
}
_OUTCOMES = {
    RunOutcome.RUNNING: JobState.ACTIVE,
    RunOutcome.OK: JobState.OK,
    RunOutcome.FAILED: JobState.ERROR,
    RunOutcome.UNKNOWN: JobState.UNKNOWN,
}
_NEVER = "No run known"


def interface_columns(site: tzinfo, now: datetime) -> tuple[Column[Interface], ...]:
    """Times are those of the location."""
    return (*_what_columns(), *_run_columns(site, now.astimezone(site).year))


def _what_columns() -> tuple[Column[Interface], ...]:
    return (
        Column(
            "state",
            "Switched",
            116,
            lambda one: _STATES[one.state],
            CellKind.STATE,
            value=lambda one: JobState.ERROR if one.state is InterfaceState.UNUSABLE else None,
            tooltip=lambda one: one.fault,
            fits=(_STATES[InterfaceState.UNUSABLE],),
            is_sortable=False,
        ),
        Column("name", "Program", 96, lambda one: one.name, CellKind.STRONG, is_sortable=False),
        Column(
            *("when", "Runs", 300, lambda one: WHEN.get(one.name, ""), CellKind.QUIET),
            tooltip=lambda one: WHEN.get(one.name, ""),
            least=120,
            most=380,
            yields=1,
            is_sortable=False,
        ),
    )


def _run_columns(site: tzinfo, year: int) -> tuple[Column[Interface], ...]:
    return (
        Column(
            "outcome",
            "Last run",
            104,
            lambda one: WORDS[_OUTCOMES[one.last_run.outcome]] if one.last_run else _NEVER,
            CellKind.STATE,
            value=lambda one: _OUTCOMES[one.last_run.outcome] if one.last_run else None,
            tooltip=outcome_text,
            fits=(_NEVER,),
            is_sortable=False,
        ),
        Column(
            "start",
            "At",
            120,
            lambda one: (
                far_moment_text(one.last_run.start_time, site, year) if one.last_run else MISSING
            ),
            tooltip=lambda one: (
                full_moment_text(one.last_run.start_time, site) if one.last_run else ""
            ),
            fits=("Wed 20 Nov 00:00",),
            is_sortable=False,
        ),
        Column(
            *("for", "For", 150, _called_for),
            tooltip=_called_for,
            least=80,
            most=300,
            is_sortable=False,
        ),
        Column(
            *("text", "Said", 220, outcome_text, CellKind.MESSAGE),
            tooltip=outcome_text,
            least=80,
            most=900,
            is_sortable=False,
        ),
    )


def _called_for(one: Interface) -> str:
    """What the last run was about: module, task, client."""
    run = one.last_run
    if run is None:
        return ""
    whom = f"{run.task} of {run.client}" if run.task and run.client else run.task or run.client
    return ", ".join(part for part in (run.module, whom) if part)


def outcome_text(one: Interface) -> str:
    """How the last run went, in words."""
    run = one.last_run
    if run is None:
        return ""
    if run.text:
        return run.text
    return "It runs." if run.outcome is RunOutcome.RUNNING else ""


def switch_text(one: Interface) -> str:
    """Whether it is switched on, and how that is changed."""
    path = os.fsdecode(one.path)
    if one.state is InterfaceState.UNUSABLE:
        return f"{one.fault}. Whatever calls it fails until then."
    if one.state is InterfaceState.ON:
        return f"Switched on: {path} is there. Removing it switches it off."
    if one.state is InterfaceState.UNKNOWN:
        return "Whether it is switched on is not known to this desk; its agent is newer."
    template, place = shlex.quote(os.fsdecode(one.template)), shlex.quote(os.path.dirname(path))
    return f"Switched off. To switch it on, run at the agent's machine: cp -p {template} {place}/"


def run_text(one: Interface, site: tzinfo) -> str:
    """All that is known of its last run but its output."""
    run = one.last_run
    if run is None:
        return "No run of it is known."
    parts = [f"Last run {full_moment_text(run.start_time, site)}"]
    if run.end_time is not None:
        parts.append(f"took {duration_text((run.end_time - run.start_time).total_seconds())}")
    if run.exit_status is not None and run.exit_status >= 0:
        parts.append(f"exit status {run.exit_status}")
    if run.job_id:
        parts.append(f"job {run.job_id}")
    said = ": ".join(part for part in (", ".join(parts), outcome_text(one)) if part)
    return said if said.endswith(".") else f"{said}."


def output_text(one: Interface, *, is_withheld: bool) -> tuple[str, str]:
    """The output, and what is to be said of it; one of them may be empty."""
    run = one.last_run
    if run is None:
        return "", "Its output is shown here once it has run."
    if is_withheld:
        return "", "What it wrote is shown to the roles admin and operator only."
    if run.outcome is RunOutcome.RUNNING:
        return "", "It runs; what it writes is shown when it has ended."
    if not run.output:
        is_lost = run.outcome is RunOutcome.UNKNOWN
        return "", "What it wrote was not kept." if is_lost else "It wrote nothing."
    text = run.output.decode("utf-8", "backslashreplace").rstrip("\n")
    return text, "Only the last 64 KB of its output are shown." if run.is_cut else ""
