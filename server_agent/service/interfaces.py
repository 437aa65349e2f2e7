"""Calls sbc_pre and sbc_post for a backup or restore, keeps what they say, and tells what they
answer."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from server_agent.domain.interfaces import (
    LARGEST_ARGUMENT,
    POST,
    PRE,
    Answer,
    BackupFacts,
    InterfaceOptions,
    Verdict,
    joined,
    post_arguments,
    pre_arguments,
)
from server_agent.domain.jobs import Job, JobKind, Level, ProtocolPart
from server_agent.domain.media import pool_of
from server_agent.domain.quoting import printable
from server_agent.domain.reach import LOCAL, Reach
from server_agent.domain.savesets import BackupType
from server_agent.domain.topology import Task
from server_agent.ports import (
    Cancelled,
    Clock,
    Control,
    EngineError,
    Protocols,
)
from server_agent.ports.programs import Ended, ProgramError, Programs
from server_agent.service.changes import Changes
from server_agent.service.control import JobControl
from server_agent.service.days import run_of_day
from server_agent.service.plan import Outcome, Plan, with_sources
from server_agent.service.protocol import JobProtocol
from server_agent.service.remarks import Remark
from server_agent.service.time_limit import TimeLimit

PRE_POST_SECONDS = 3600.0
_KINDS = (JobKind.BACKUP, JobKind.RESTORE)
_PARTS = {PRE: ProtocolPart.PRE, POST: ProtocolPart.POST}
_NAMES = {PRE: "PRE", POST: "POST"}
_UNENDED = "it did not end before the agent stopped"


class NotPrepared(Exception):
    """There is to be no backup or restore. `code` is for the protocol, the text for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Interfaces:
    """PRE and POST of backups and restores. Jobs may call it in different threads at once.

    Args:
        server: name of the machine that owns the drives.
        programs_of: the programs of a client.
        seconds: that a program may run.
    """

    def __init__(
        self,
        changes: Changes,
        protocols: Protocols,
        clock: Clock,
        server: str,
        programs_of: Callable[[Reach], Programs],
        seconds: float = PRE_POST_SECONDS,
    ) -> None:
        self._changes = changes
        self._protocols = protocols
        self._clock = clock
        self._server = server
        self._programs_of = programs_of
        self._seconds = seconds

    def before(self, plan: Plan, control: Control, protocol: JobProtocol) -> Plan:
        """Calls PRE, if it is there; returns the plan as it is then, whose sources may be others.

        Raises:
            NotPrepared: PRE has failed.
            EngineError: the client cannot be reached.
            Cancelled: by the control.
        """
        options = self._options(plan.job, PRE)
        if options is None:
            return plan
        arguments = pre_arguments(self._facts(plan.job))
        said = self._called(PRE, plan.job, arguments, control, protocol)
        is_restore = plan.job.kind is JobKind.RESTORE
        if not said.is_ok and (is_restore or not options.backup_even_if_pre_fails):
            what = "nothing was restored" if is_restore else "there is no backup"
            text = f"PRE failed, {what}: {said.text}"
            raise NotPrepared("PRE_FAILED", text)
        if is_restore and said.sources:
            text = f"{PRE} gave BACKUP_SRC, which says nothing at a restore"
            protocol.line(Level.INFO, "BACKUP_SRC", text)
        elif said.sources and said.sources != plan.job.paths:
            plan = self._replaced(plan, said.sources, protocol)
        remarks = (pre_failed(said.text),) if said.text else ()
        return replace(plan, remarks=(*plan.remarks, *remarks))

    def post(self, job: Job, outcome: Outcome, control: JobControl, protocol: JobProtocol) -> str:
        """Calls POST, if it is there. Returns what went wrong, empty for nothing."""
        if self._options(job, POST) is None:
            return ""
        if control.cancelled:
            return f"{POST} did not run, {_ended_by(control)}"
        arguments = self.post_arguments(job, outcome)
        facts = {"SESAM_STATE": outcome.state.value}
        try:
            said = self._called(POST, job, arguments, control, protocol, facts)
        except Cancelled:
            return f"{POST} was ended by {_ended_by(control)}"
        return said.text

    def post_arguments(self, job: Job, outcome: Outcome) -> tuple[str, ...]:
        """Of a backup that is there, or of a restore that has a result."""
        return post_arguments(self._facts(job), True, outcome.message)

    def again(self, job: Job) -> tuple[str, str]:
        """What was wrong with PRE and with POST of a backup that was whole on its medium when the
        agent died, each empty for nothing: they are not called again."""
        post = self._recorded(job, POST)
        if post is None:
            missed = self._options(job, POST) is not None
            post = f"{POST} did not run, the agent stopped before" if missed else ""
        return self._recorded(job, PRE) or "", post

    def _options(self, job: Job, program: str) -> InterfaceOptions | None:
        """None if the program is not to be called."""
        if job.kind not in _KINDS or job.dry_run or job.without_interfaces:
            return None
        with self._changes.read() as view:
            task = view.task(job.task)
        options = _options_of(task)
        wanted = options.pre_post and self._programs(job).is_there(program)
        return options if wanted else None

    def _programs(self, job: Job) -> Programs:
        """Those of the machine that is backed up, or restored to."""
        with self._changes.read() as view:
            client = view.client(job.client_at_work)
        return self._programs_of(client.reach if client is not None else LOCAL)

    def _called(
        self,
        program: str,
        job: Job,
        arguments: tuple[str, ...],
        control: Control,
        protocol: JobProtocol,
        more_facts: Mapping[str, str] | None = None,
    ) -> Verdict:
        """Raises Cancelled."""
        name = _NAMES[program]
        protocol.line(Level.INFO, name, f"{program} runs; what it says is the part {name}")
        began = self._clock.now()
        writer = self._protocols.open(job, _PARTS[program])
        try:
            part = JobProtocol(writer, self._clock, False)
            try:
                facts = _facts_of(program, job) | dict(more_facts or {})
                said = self._run(program, job, arguments, facts, control, part)
            except Cancelled:
                part.line(Level.ERROR, "RESULT", f"{program} was cancelled")
                raise
            level = Level.ERROR if said.text else Level.INFO
            part.line(level, "RESULT", said.text or f"{program} is OK")
        finally:
            writer.close()
        seconds = (self._clock.now() - began).total_seconds()
        answer = "answered STATUS:OK" if said.is_ok else "failed"
        protocol.line(Level.INFO, name, f"{program} {answer} after {seconds:.1f} s")
        return said

    def _run(
        self,
        program: str,
        job: Job,
        arguments: tuple[str, ...],
        facts: Mapping[str, str],
        control: Control,
        part: JobProtocol,
    ) -> Verdict:
        if len(arguments[0].encode("utf-8", "surrogateescape")) > LARGEST_ARGUMENT:
            most = f"at most {LARGEST_ARGUMENT} bytes"
            return Verdict(False, f"the sources are too long for an argument, {most} are possible")
        answer = Answer()
        try:
            with TimeLimit(control, self._seconds) as limit:
                for said in self._programs(job).run(program, arguments, facts, limit):
                    if isinstance(said, Ended):
                        break
                    part.line(Level.INFO, "OUTPUT", said.text)
                    answer.hear(said.line, said.goes_on)
                else:
                    raise RuntimeError(f"nobody said how {program} ended for job {job.id}")
        except ProgramError as error:
            return Verdict(False, str(error))
        except EngineError as error:  # the client was lost
            return Verdict(False, f"{program}: {error.text}")
        except Cancelled:
            if not limit.is_over:
                raise
            text = f"{program} did not end within {self._seconds:g} s and was ended"
            return Verdict(False, f"{text}; [INTERFACES] in sm.ini says how long it may run")
        return answer.verdict(program, said.status)

    def _replaced(self, plan: Plan, sources: tuple[bytes, ...], protocol: JobProtocol) -> Plan:
        """The base depends on the sources, so that the plan is another one."""
        text = f"The sources of the task are replaced: {printable(joined(plan.job.paths))}"
        protocol.line(Level.INFO, "BACKUP_SRC", text)
        with self._changes.write() as tx:
            plan = with_sources(tx, plan, sources)
            tx.put_job(plan.job)
        return plan

    def _facts(self, job: Job) -> BackupFacts:
        with self._changes.read() as view:
            count = job.number or run_of_day(view, job)
            event = view.event_by_id(job.event_id)
            saveset = view.saveset(job.saveset)
        is_restore = job.kind is JobKind.RESTORE
        if is_restore and saveset is not None:
            paths = job.paths or saveset.sources
            job = replace(job, label=saveset.label, pool=pool_of(saveset.label), paths=paths)
        return BackupFacts(
            sources=job.paths,
            server=self._server,
            task=job.task,
            drive=job.drive,
            type=None if is_restore else job.type or BackupType.FULL,
            count=count,
            saveset=job.saveset,
            label=job.label,
            pool=job.pool,
            schedule=event.schedule if event is not None else "",
        )

    def _recorded(self, job: Job, program: str) -> str | None:
        """Why a call that the agent made before it died was not good; empty if it was, None if it
        was not called."""
        part = _PARTS[program]
        _, total = self._protocols.read(job, 0, 0, part)
        if not total:
            return _UNENDED if self._was_called(job, program) else None
        [last], _ = self._protocols.read(job, total - 1, 1, part)
        if last.code != "RESULT":
            return _UNENDED
        return last.text if last.level is Level.ERROR else ""

    def _was_called(self, job: Job, program: str) -> bool:
        """Of one that has said nothing before the agent died: the protocol of the job ends with
        its call."""
        _, total = self._protocols.read(job, 0, 0)
        lines, _ = self._protocols.read(job, max(total - 1, 0), 1)
        return any(line.code == _NAMES[program] for line in lines)


def _options_of(task: Task | None) -> InterfaceOptions:
    """The usual ones of a task that was deleted meanwhile."""
    if task is None:
        return InterfaceOptions()
    said = task.options
    return InterfaceOptions(not said.without_interfaces, said.backup_even_if_pre_fails)


def pre_failed(text: str) -> Remark:
    """The backup goes on all the same."""
    return Remark(Level.WARNING, "PRE_FAILED", text, f"PRE: {text}", alarming=True)


def _ended_by(control: JobControl) -> str:
    return control.stopped_by or "the end of the agent"


def _facts_of(program: str, job: Job) -> dict[str, str]:
    """For its environment: what is no argument, or is found there without counting."""
    own = {"SESAM_TYPE": (job.type or BackupType.FULL).name}
    if job.kind is JobKind.RESTORE:
        own = {"SESAM_TARGET": job.target.decode("utf-8", "surrogateescape")}
    return own | {
        "SESAM_INTERFACE": program,
        "SESAM_ACTION": job.kind.name,
        "SESAM_CLIENT": job.client_at_work,
        "SESAM_TASK": job.task,
        "SESAM_SAVESET": job.saveset,
        "SESAM_EVENT": job.event,
        "SESAM_JOB": job.id,
        "SESAM_DAY": job.sesam_day.isoformat(),
    }
