"""The protocol of one job: what is written at its head, while it runs, and at its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from server_agent.domain.jobs import Job, JobKind, JobState, Level, ProtocolLine
from server_agent.domain.overwriting import OverwriteRule
from server_agent.domain.queue import MOVES_DATA
from server_agent.domain.quoting import quoted
from server_agent.ports import Clock, Message, Protocols, ProtocolWriter, SavesetRef, Verified
from server_agent.service.option_texts import sentences
from server_agent.service.plan import Outcome, Plan
from server_agent.service.remarks import Remark

_LEVELS = {JobState.OK: Level.INFO, JobState.WARNING: Level.WARNING}
_NAMED = 100  # of the paths that a job is about
_WORDS = {
    JobState.OK: "OK",
    JobState.WARNING: "Warning",
    JobState.ERROR: "Error",
    JobState.BROKEN: "Broken",
    JobState.CANCELLED: "Cancelled",
}


class JobProtocol:
    """Lines of one job, each with the time at which it is written."""

    def __init__(self, writer: ProtocolWriter, clock: Clock, moves_data: bool) -> None:
        self._writer = writer
        self._clock = clock
        self._moves_data = moves_data

    def line(self, level: Level, code: str, text: str) -> None:
        self._writer.write(ProtocolLine(self._clock.now(), level, code, text))

    def message(self, message: Message) -> None:
        """A line of the engine, whose text names the file that it is about."""
        self.line(message.level, message.code, message.text)

    def begin(self, job: Job) -> None:
        """What the job is about; the first line."""
        if not self._moves_data:
            self.line(Level.INFO, "EVENT", f"Event {job.event}, job {job.id}")
            return
        self.line(Level.INFO, "TASK", f"Task {job.task} of client {job.client}, job {job.id}")

    def plan(self, plan: Plan) -> None:
        """What the job is going to do."""
        job = plan.job
        if not self._moves_data:
            return
        if job.kind is JobKind.BACKUP and job.type is not None:
            self.line(Level.INFO, "TYPE", f"{job.type.name}, saveset {job.saveset}")
            self.line(Level.INFO, "BASE", _base_text(plan.chain))
            self.line(Level.INFO, "SOURCES", f"Sources: {_named(job.paths) or 'none'}")
            if plan.commands:
                named = _named(tuple(command.path for command in plan.commands))
                self.line(Level.INFO, "COMMANDS", f"Output of commands: {named}")
            if options := sentences(plan.options):
                self.line(Level.INFO, "OPTIONS", f"Options: {'; '.join(options)}")
        elif job.kind is JobKind.VERIFY:
            count = "and the one" if len(plan.chain) == 2 else f"and the {len(plan.chain) - 1}"
            below = f" {count} that it builds on" if len(plan.chain) > 1 else ""
            how = "Quick verify" if job.quick else "Verify"
            self.line(Level.INFO, "TYPE", f"{how} of saveset {job.saveset}{below}")
        elif job.kind is JobKind.RESTORE_PROOF and plan.samples is not None:
            files, size = plan.samples.sample_files, plan.samples.sample_bytes
            text = f"Restore proof of saveset {job.saveset}: {files} files, at most {size} bytes"
            self.line(Level.INFO, "TYPE", text)
        else:
            what = _named(job.paths) or "everything"
            how = "Dry run of a restore" if job.dry_run else "Restore"
            self.line(Level.INFO, "TYPE", f"{how} of saveset {job.saveset}: {what}")
            of_client = f" of client {job.target_client}" if job.target_client else ""
            self.line(Level.INFO, "TARGET", f"Target: {quoted(job.target)}{of_client}")
            if job.overwrite in _RULES:
                self.line(Level.INFO, "OVERWRITE", _RULES[job.overwrite])
        for remark in plan.remarks:
            self.remark(remark)

    def verified(self, verified: Verified) -> None:
        """What the comparison of one saveset has shown."""
        where = f" on {verified.label}" if verified.label else ""
        if verified.fault:
            text = f"{verified.saveset}{where} is not as it was made: {verified.fault}"
            self.line(Level.ERROR, "NOT_VERIFIED", text)
        elif verified.compared:
            self.line(Level.INFO, "LOOKED_AT", f"{verified.saveset}{where}: {verified.compared}")
        else:
            size = verified.bytes_read
            text = f"{verified.saveset}{where}: {size} bytes and the listing are right"
            self.line(Level.INFO, "VERIFIED", text)

    def remark(self, remark: Remark) -> None:
        self.line(remark.level, remark.code, remark.text)

    def result(self, outcome: Outcome, duration: timedelta) -> None:
        """How the job ended; the last line."""
        word, text = _WORDS[outcome.state], outcome.message
        if not text.startswith(word):  # as does: Cancelled by somebody
            text = f"{word}: {text}" if text else word
        if outcome.state in _LEVELS:
            facts = []
            if self._moves_data:
                files = "1 file" if outcome.files == 1 else f"{outcome.files} files"
                facts += [files, f"{outcome.bytes_done} bytes"]
            if outcome.saveset is not None:
                facts.append(f"{outcome.stored_bytes} bytes on the medium")
            facts.append(f"{duration.total_seconds():.1f} s")
            text += (" " if text.endswith((".", "?")) else ": ") + ", ".join(facts)
        self.line(_LEVELS.get(outcome.state, Level.ERROR), outcome.code, text)


@contextmanager
def protocol_of(protocols: Protocols, clock: Clock, job: Job) -> Iterator[JobProtocol]:
    """The job's protocol, to be written on."""
    writer = protocols.open(job)
    try:
        moves_data = job.kind in MOVES_DATA and job.kind is not JobKind.MIGRATION
        yield JobProtocol(writer, clock, moves_data)
    finally:
        writer.close()


def _named(paths: tuple[bytes, ...]) -> str:
    """The paths, but no more of them than a line can hold that is sent to a client."""
    named = ", ".join(quoted(path) for path in paths[:_NAMED])
    return f"{named} and {len(paths) - _NAMED} more" if len(paths) > _NAMED else named


_RULES = {  # but for the usual one
    OverwriteRule.NEVER: "Files that are there stay",
    OverwriteRule.IF_OLDER: "Files that are there are replaced if they are older",
    OverwriteRule.RENAME: "Files that are there stay, the restored ones get new names",
}


def _base_text(chain: tuple[SavesetRef, ...]) -> str:
    if not chain:
        return "Base: none"
    return f"Base: {chain[0].name}, a chain of {len(chain)}"
