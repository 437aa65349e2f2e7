"""Doing a command event: its program's lines are the protocol, its exit status the state."""

from server_agent.domain.events import CommandAction
from server_agent.domain.jobs import Job, JobState, Level
from server_agent.domain.quoting import quoted
from server_agent.ports.programs import Ended, ProgramError, Programs
from server_agent.service.changes import Changes
from server_agent.service.control import JobControl, too_late
from server_agent.service.plan import Outcome
from server_agent.service.protocol import JobProtocol


class Commands:
    """Does command jobs."""

    def __init__(self, changes: Changes, programs: Programs) -> None:
        self._changes = changes
        self._programs = programs

    def run(self, job: Job, control: JobControl, protocol: JobProtocol) -> Outcome:
        """Raises Cancelled."""
        with self._changes.read() as view:
            event = view.event_by_id(job.event_id)
        action = event.action if event is not None else None
        if not isinstance(action, CommandAction):
            text = f"The event {quoted(job.event)} is not there any more"
            return Outcome(JobState.ERROR, "EVENT_GONE", text)
        day = job.sesam_day.isoformat()
        facts = {"SESAM_EVENT": job.event, "SESAM_JOB": job.id, "SESAM_DAY": day}
        status: int | None = None
        try:
            for said in self._programs.run(action.program, action.arguments, facts, control):
                if isinstance(said, Ended):
                    status = said.status
                    control.set_result(_state(status))
                else:
                    protocol.line(Level.INFO, "OUTPUT", said.text)
        except ProgramError as error:
            return Outcome(JobState.ERROR, "PROGRAM", str(error))
        if status is None:
            raise RuntimeError(f"nobody said how {action.program} ended for job {job.id}")
        said_last = "; ".join(filter(None, (_how(action.program, status), too_late(control))))
        return Outcome(_state(status), "RESULT", said_last)


def _state(status: int) -> JobState:
    return JobState.ERROR if status else JobState.OK


def _how(program: str, status: int) -> str:
    if status == 0:
        return ""
    how = f"ended with status {status}" if status > 0 else f"was killed by signal {-status}"
    return f"{program} {how}; its protocol says more"
