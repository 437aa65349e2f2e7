"""What is done before a backup and after it: PRE and POST, what a self-backup needs, and what the
next one goes by."""

import logging
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from server_agent.domain.errors import no_space
from server_agent.domain.jobs import Job, JobKind, JobState, Level
from server_agent.domain.reach import Reach
from server_agent.ports import Clock, Control, Engine, EngineError, Protocols
from server_agent.ports.keys import Keys
from server_agent.ports.programs import Programs
from server_agent.ports.self_backup import SelfBackupFiles
from server_agent.ports.stamps import Stamps
from server_agent.service.changes import Changes
from server_agent.service.control import JobControl
from server_agent.service.interfaces import Interfaces, NotPrepared, pre_failed
from server_agent.service.location import Location
from server_agent.service.plan import Outcome, Plan
from server_agent.service.protocol import JobProtocol
from server_agent.service.references import References
from server_agent.service.remarks import Remark
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
    def engine(self) -> Engine: ...

    @property
    def stamps(self) -> Stamps: ...

    @property
    def self_backup_files(self) -> SelfBackupFiles | None: ...

    @property
    def pre_post_seconds(self) -> float: ...

    @property
    def keys(self) -> Keys | None:
        """Those of encrypted pools."""


class Around:
    """Different jobs may call it in different threads at once.

    Args:
        self_backups: None where the location cannot save itself.
        references: None where all backups go by the database.
        keys: those of encrypted pools; None: there are none.
    """

    def __init__(
        self,
        interfaces: Interfaces,
        self_backups: SelfBackups | None = None,
        references: References | None = None,
        keys: Keys | None = None,
    ) -> None:
        self._keys = keys
        self._interfaces = interfaces
        self._self_backups = self_backups
        self._references = references

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
        references = References(
            *(changes, outside.engine, outside.stamps, outside.protocols, outside.clock)
        )
        if outside.self_backup_files is None:
            return cls(interfaces, references=references, keys=outside.keys)
        self_backups = SelfBackups(
            changes,
            outside.self_backup_files,
            outside.programs,
            outside.clock,
            location,
            outside.pre_post_seconds,
            outside.keys,
        )
        return cls(interfaces, self_backups, references, outside.keys)

    def referred(self, plan: Plan) -> Plan:
        """The plan of a job that has its sources, with what tells the changes since its base; or
        that of a FULL if that is lost."""
        return plan if self._references is None else self._references.applied(plan)

    def committed(self, plan: Plan, outcome: Outcome) -> None:
        """What is done when the end of a job is entered. Never raises."""
        if self._references is not None:
            self._references.committed(plan, outcome)

    def before(self, plan: Plan, control: Control, protocol: JobProtocol) -> Plan:
        """Returns the plan as it is then.

        Raises:
            NotPrepared: there is to be no backup or restore.
            EngineError: the key that it needs cannot be had, so that nothing has to be prepared.
            Cancelled: by the control.
        """
        if self._keys is not None and plan.place is not None and plan.place.key_id:
            self._keys.get(plan.place.key_id)
        if self._self_backups is not None and plan.job.kind is JobKind.BACKUP:
            try:
                plan = self._self_backups.before(plan, protocol)
            except CannotCopy as error:
                raise NotPrepared("SELF_BACKUP", str(error)) from error
        return self._interfaces.before(plan, control, protocol)

    def after(
        self, plan: Plan, outcome: Outcome, control: JobControl, protocol: JobProtocol
    ) -> Outcome:
        """What is done when there is a saveset, or something was restored; a cancel ends that only.
        Never raises: whatever goes wrong takes nothing away from that, and makes a warning."""
        if outcome.saveset is None and not _has_restored(plan.job, outcome):
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


def _has_restored(job: Job, outcome: Outcome) -> bool:
    is_done = outcome.code == "RESULT" and outcome.state in (JobState.OK, JobState.WARNING)
    return is_done and job.kind is JobKind.RESTORE and not job.dry_run


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
