"""Keeps how each interface program ran last, and tells which are switched on."""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from server_agent.domain.interface_runs import InterfaceRun, RunOutcome, Tail
from server_agent.domain.interfaces import ALARM, DISASTER, NOTIFY, POST, PRE, Answer, Verdict
from server_agent.ports import Cancelled, Clock, Control, EngineError
from server_agent.ports.interfaces import InterfaceFile, InterfaceFiles
from server_agent.ports.programs import Ended, Output, ProgramError, Programs
from server_agent.service.time_limit import TimeLimit

log = logging.getLogger(__name__)

NAMES = (PRE, POST, NOTIFY, ALARM, DISASTER)
_LOST = "The agent stopped before it had ended"


@dataclass(frozen=True, slots=True)
class Interface:
    """A program as it is now, and its last run."""

    name: str
    file: InterfaceFile
    last_run: InterfaceRun | None


class InterfaceRuns:
    """Any thread may call any method."""

    def __init__(self, files: InterfaceFiles, clock: Clock) -> None:
        self._files = files
        self._clock = clock
        self._lock = threading.Lock()
        self._begun: dict[str, InterfaceRun] = {}  # the newest of each program, while it runs

    def of(self, programs: Programs) -> Programs:
        """The same programs, whose runs are kept."""
        return _Kept(self, programs)

    def all(self) -> list[Interface]:
        """In the order of `NAMES`."""
        return [Interface(name, self._files.file(name), self._last_run(name)) for name in NAMES]

    def begin(self, name: str, facts: Mapping[str, str]) -> InterfaceRun:
        """A program is called."""
        run = InterfaceRun(
            self._clock.now(),
            job=facts.get("SESAM_JOB", ""),
            task=facts.get("SESAM_TASK", ""),
            client=facts.get("SESAM_CLIENT", ""),
            module=facts.get("SESAM_MODULE", ""),
        )
        with self._lock:
            self._begun[name] = run
            self._keep(name, run)
        return run

    def end(self, name: str, begun: InterfaceRun, ended: InterfaceRun) -> None:
        """What `begin` returned has ended; it is kept unless another has begun since."""
        ended = replace(ended, end_time=self._clock.now())
        with self._lock:
            if self._begun.get(name) is begun:
                self._keep(name, ended)
                del self._begun[name]

    def _keep(self, name: str, run: InterfaceRun) -> None:
        """What is told of a run is not worth the backup that it was for."""
        try:
            self._files.keep(name, run)
        except OSError as error:
            log.warning("how %s ran cannot be kept: %s", name, error)

    def _last_run(self, name: str) -> InterfaceRun | None:
        with self._lock:
            is_running = name in self._begun
            run = self._files.last_run(name)
        if run is not None and run.outcome is RunOutcome.RUNNING and not is_running:
            return replace(run, outcome=RunOutcome.UNKNOWN, text=_LOST)
        return run


class _Kept:
    """The `Programs` port over another one."""

    def __init__(self, runs: InterfaceRuns, programs: Programs) -> None:
        self._runs = runs
        self._programs = programs

    def has(self, name: str) -> bool:
        return self._programs.has(name)

    def is_there(self, name: str) -> bool:
        return self._programs.is_there(name)

    def run(
        self, name: str, arguments: Sequence[str], facts: Mapping[str, str], control: Control
    ) -> Iterator[Output | Ended]:
        run, tail, answer = self._runs.begin(name, facts), Tail(), Answer()
        said, status = Verdict(False, f"{name} was given up"), None
        try:
            for each in self._programs.run(name, arguments, facts, control):
                if isinstance(each, Ended):
                    status = each.status
                    said = _verdict(name, answer, status)
                    break
                tail.add(each.line, each.goes_on)
                answer.hear(each.line, each.goes_on)
                yield each
        except Cancelled:
            is_over = isinstance(control, TimeLimit) and control.is_over
            why = "took too long and was ended" if is_over else "was cancelled"
            said = Verdict(False, f"{name} {why}")
            raise
        except (ProgramError, EngineError) as error:
            said = Verdict(False, str(error))
            raise
        finally:
            self._runs.end(name, run, _ended(run, said, status, tail))
        if status is not None:
            yield Ended(status)


def _ended(run: InterfaceRun, said: Verdict, status: int | None, tail: Tail) -> InterfaceRun:
    outcome = RunOutcome.OK if said.is_ok else RunOutcome.FAILED
    output, is_cut = tail.end()
    return replace(
        run, outcome=outcome, exit_status=status, text=said.text, output=output, is_cut=is_cut
    )


def _verdict(name: str, answer: Answer, status: int) -> Verdict:
    if name in (PRE, POST):
        return answer.verdict(name, status)
    if status == 0:
        return Verdict(True)
    how = f"ended with status {status}" if status > 0 else f"was killed by signal {-status}"
    return Verdict(False, f"{name} {how}")
