"""What is done before a backup and after it: PRE and POST, and what a self-backup needs."""

import logging
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from server_agent.domain.errors import no_space
from server_agent.domain.jobs import Job, JobState, Level
from server_agent.domain.reach import Reach
from server_agent.ports import Clock, Control, EngineError, Protocols
from server_agent.ports.programs import Programs
from server_agent.ports.self_backup import SelfBackupFiles
from server_agent.service.changes import Changes
from server_agent.service.control import JobControl
from server_agent.service.interfaces import Interfaces, NotPrepared, pre_failed
from server_agent.service.location import Location
from server_agent.service.plan import Outcome, Plan, Remark
from server_agent.service.protocol import JobProtocol
from server_agent.service.self_backups import CannotCopy, SelfBackups

log = logging.getLogger(__name__)


class Outside(Protocol):
    """What of the agent's outside this needs. Seconds are those that a program may run."""

    @property
    def protocols(self) -> Protocols: ...

    @property
    def programs(self) -> Programs: ...

    @property
    def programs_of(self) -> Callable[[Reach], Programs]:
        """Those of a client."""

    @property
    def clock(self) -> Clock: ...

    @property
    def self_backup_files(self) -> SelfBackupFiles | None: ...

    @property
    def pre_post_seconds(self) -> float: ...


class Around:
    """Different jobs may call it in different threads at once.

    Args:
        self_backups: None where the location cannot save itself.
    """

    def __init__(self, interfaces: Interfaces, self_backups: SelfBackups | None = None) -> None:
        self._interfaces = interfaces
        self._self_backups = self_backups

    @classmethod
    def of(cls, changes: Changes, outside: "Outside", location: Location) -> "Around":
        """That of a location."""
        interfaces = Interfaces(
            changes,
            outside.protocols,
            outside.clock,
            location.host,
            outside.programs_of,
            outside.pre_post_seconds,
        )
        if outside.self_backup_files is None:
            return cls(interfaces)
        self_backups = SelfBackups(
            changes,
            outside.self_backup_files,
            outside.programs,
            outside.clock,
            location,
            outside.pre_post_seconds,
        )
        return cls(interfaces, self_backups)

    def before(self, plan: Plan, control: Control, protocol: JobProtocol) -> Plan:
        """Returns the plan as it is then.

        Raises:
            NotPrepared: there is to be no backup.
            Cancelled: by the control.
        """
        if self._self_backups is not None:
            try:
                plan = self._self_backups.before(plan, protocol)
            except CannotCopy as error:
                raise NotPrepared("SELF_BACKUP", str(error)) from error
        return self._interfaces.before(plan, control, protocol)

    def after(
        self, plan: Plan, outcome: Outcome, control: JobControl, protocol: JobProtocol
    ) -> Outcome:
        """What is done when there is a saveset; a cancel ends that only. Never raises: whatever
        goes wrong takes nothing away from the saveset, and makes a warning."""
        if outcome.saveset is None:
            return outcome
        afterwards = control.afterwards()
        made = outcome
        steps: tuple[tuple[str, Callable[[], str]], ...] = (
            ("POST", lambda: self._interfaces.post(plan.job, made, afterwards, protocol)),
            ("DISASTER", lambda: self._report(plan, made, afterwards, protocol)),
        )
        wrong = [remark for name, step in steps for remark in _done(name, step, plan.job, protocol)]
        if wrong:
            message = "; ".join(filter(None, (outcome.message, *(each.short for each in wrong))))
            outcome = replace(outcome, state=JobState.WARNING, message=message)
        afterwards.set_result(outcome.state)
        control.set_result(outcome.state)
        return outcome

    def again(self, job: Job) -> tuple[Remark, ...]:
        """What is remarkable about a backup that was whole on its medium when the agent died:
        nothing is called again."""
        try:
            pre, post = self._interfaces.again(job)
        except EngineError as error:
            pre, post = "", f"it is not known whether it ran: {error.text}"
        disaster = self._self_backups.again(job) if self._self_backups is not None else ""
        remarks = [pre_failed(pre)] if pre else []
        after = (("POST", post), ("DISASTER", disaster))
        return (*remarks, *(_failed(name, text) for name, text in after if text))

    def _report(
        self, plan: Plan, outcome: Outcome, control: JobControl, protocol: JobProtocol
    ) -> str:
        if self._self_backups is None or outcome.saveset is None:
            return ""
        arguments = self._interfaces.post_arguments(plan.job, outcome)
        return self._self_backups.after(plan, outcome.saveset, arguments, control, protocol)


def _done(name: str, step: Callable[[], str], job: Job, protocol: JobProtocol) -> list[Remark]:
    """Does a step; what is to be said of it."""
    try:
        text = step()
        remarks = [_failed(name, text)] if text else []
        for remark in remarks:
            protocol.remark(remark)
    except EngineError as error:  # a client that cannot be reached
        return [_failed(name, error.text)]
    except Exception as error:  # noqa: BLE001 - told by the job and the log
        return [_failed(name, _unexpected(name, job, error))]
    return remarks


def _failed(name: str, text: str) -> Remark:
    return Remark(Level.WARNING, f"{name}_FAILED", text, f"{name}: {text}", alarming=True)


def _unexpected(name: str, job: Job, error: Exception) -> str:
    full = no_space(error)
    if full is not None:
        text = f"the agent's own disk is full ({full.metadata['place']})"
        log.error("job %s: %s: %s", job.id, name, text)
        return text
    incident = uuid.uuid4().hex[:12]
    log.error("job %s: %s, incident %s", job.id, name, incident, exc_info=error)
    return f"the agent failed unexpectedly; its log says more under incident {incident}"
