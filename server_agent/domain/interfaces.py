"""The manual's user interfaces ("Interfaces"): which programs there are, what they are told, and
what the answer of one means."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from server_agent.domain.errors import InvalidArgument
from server_agent.domain.quoting import printable, shortened
from server_agent.domain.savesets import BackupType
from server_agent.domain.topology import checked_sources

PRE = "sbc_pre"
POST = "sbc_post"
NOTIFY = "sm_notify"
ALARM = "sm_alarm"
DISASTER = "sm_disaster"

# So that an administrator who restores can put the wanted medium in (manual, "sm_alarm").
MEDIUM_ALARM_AFTER = timedelta(minutes=15)
LARGEST_ARGUMENT = 128 * 1024 - 1  # bytes; execve(2): MAX_ARG_STRLEN of Linux without its NUL

_TYPE_WORDS = {
    BackupType.COPY: "copy",
    BackupType.FULL: "full",
    BackupType.DIFF: "differential",
    BackupType.INC: "incremental",
}
# The manual knows these programs beside restores too, but not what they are told there.
_RESTORE_WORD, _RESTORE_LETTER = "restore", "R"
_STATUS = re.compile(
    rb"STATUS:\s*(?:(OK|ERROR)(?![^\s:;,])|(?=BACKUP_SRC=))[\s:;,]*(.*)", re.DOTALL
)
_SOURCE = b"BACKUP_SRC="
_NEARLY_SOURCE = re.compile(rb"backup[ _-]?src", re.IGNORECASE)
_PARTS = re.compile(rb"(?:\\[\\,]|[^,])+")
_ESCAPED = re.compile(rb"\\([\\,])")
_SELF_BACKUP = re.compile("disaster|sesam", re.IGNORECASE)


class Module(StrEnum):
    """What a call of sm_notify or sm_alarm is about: their first argument."""

    BACKUP = "BACKUP"
    BACKUP_GROUP = "BACKUP_GROUP"
    BACKUP_DAY = "BACKUP_DAY"
    SM_GET_VOLUME = "SM_GET_VOLUME"
    INIT_VOLUME = "INIT_VOLUME"
    RESTORE = "RESTORE"
    VERIFY = "VERIFY"
    MIGRATION = "MIGRATION"
    NEWDAY = "NEWDAY"
    LICENSE = "LICENSE"


@dataclass(frozen=True, slots=True)
class InterfaceOptions:
    """What a task says about PRE and POST.

    Attributes:
        pre_post: they are called if they are there.
        backup_even_if_pre_fails: a PRE that fails makes a warning, else there is no backup.
    """

    pre_post: bool = True
    backup_even_if_pre_fails: bool = False


@dataclass(frozen=True, slots=True)
class BackupFacts:
    """What PRE and POST are told about a backup or restore.

    Attributes:
        sources: of a restore the paths that are restored, those of the saveset for everything.
        server: that owns the drive.
        type: None of a restore.
        count: which of the task's backups of the sesam day this is, or of its restores, from 1 on.
        schedule: that started the task; empty for one that a person has started.
    """

    sources: tuple[bytes, ...]
    server: str
    task: str
    drive: str
    type: BackupType | None
    count: int
    saveset: str
    label: str
    pool: str
    schedule: str


def pre_arguments(facts: BackupFacts) -> tuple[str, ...]:
    """The 10 arguments of sbc_pre (manual, "PRE")."""
    return (
        joined(facts.sources),
        facts.server,
        facts.task,
        facts.drive,
        _TYPE_WORDS[facts.type] if facts.type is not None else _RESTORE_WORD,
        str(facts.count),
        facts.saveset,
        facts.label,
        facts.pool,
        facts.schedule,
    )


def post_arguments(facts: BackupFacts, is_ok: bool, message: str) -> tuple[str, ...]:
    """The 12 arguments of sbc_post (manual, "POST"). In the sixth 1 is a backup that is there and
    0 one that failed, against the code of its state."""
    return (
        joined(facts.sources),
        facts.server,
        facts.task,
        facts.drive,
        facts.type.value if facts.type is not None else _RESTORE_LETTER,
        "1" if is_ok else "0",
        message.replace("\0", ""),
        str(facts.count),
        facts.saveset,
        facts.label,
        facts.pool,
        facts.schedule,
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an interface program has answered.

    Attributes:
        text: why not; also of one that is ok if there is something to be said about it.
        sources: of BACKUP_SRC; empty if it was not said.
    """

    is_ok: bool
    text: str = ""
    sources: tuple[bytes, ...] = ()


def is_status(line: bytes) -> bool:
    """Whether a line of the output is an answer; the last one counts."""
    return line.startswith(b"STATUS:")


def verdict(program: str, status_line: bytes | None, exit_status: int) -> Verdict:
    """The answer of a program that has ended.

    The STATUS line decides, and a kill: the manual says nothing of exit statuses, so that one
    beside STATUS:OK is only told.

    Args:
        status_line: the last one; None if there was none.
        exit_status: negative for the signal that killed it.
    """
    if exit_status < 0:
        return Verdict(False, f"{program} was killed by signal {-exit_status}")
    if status_line is None:
        how = f" and ended with status {exit_status}" if exit_status else ""
        text = f"{program} wrote no line STATUS:OK or STATUS:ERROR with a reason{how}"
        return Verdict(False, text)
    found = _STATUS.fullmatch(status_line)
    if found is None:
        line = shortened(printable(status_line))
        return Verdict(False, f"{program} wrote {line}; STATUS:OK or STATUS:ERROR was expected")
    rest = found[2].strip()
    if found[1] == b"ERROR":
        why = shortened(printable(rest)) or "it gave no reason"
        return Verdict(False, f"{program} reported an error: {why}")
    told = f"{program} answered STATUS:OK but ended with status {exit_status}" * bool(exit_status)
    _, keyword, value = rest.partition(_SOURCE)
    if not keyword and _NEARLY_SOURCE.search(rest):
        # The task's own sources would be saved, and nobody would see that they were not meant.
        wrong = shortened(printable(rest))
        return Verdict(False, f"{program} wrote {wrong}; BACKUP_SRC=PATH was expected")
    if not keyword:
        return Verdict(True, told)
    try:
        sources = checked_sources(parts(value))
    except InvalidArgument as error:
        wrong = shortened(error.metadata["value"])
        text = f"{program} gave BACKUP_SRC={wrong}; what it needs is {error.metadata['expected']}"
        return Verdict(False, text)
    return Verdict(True, told, sources)


class Answer:
    """The last STATUS line of an output that comes line by line."""

    def __init__(self) -> None:
        self._line: bytes | None = None
        self._is_cut = self._goes_on = False

    def hear(self, line: bytes, goes_on: bool) -> None:
        """The next line; one that `goes_on` is continued by the one behind it."""
        if is_status(line) and not self._goes_on:
            self._line, self._is_cut = line, goes_on
        self._goes_on = goes_on

    def verdict(self, program: str, exit_status: int) -> Verdict:
        """What the whole output has answered."""
        if self._is_cut:
            return Verdict(False, f"{program} wrote a STATUS line that is too long")
        return verdict(program, self._line, exit_status)


def joined(sources: tuple[bytes, ...]) -> str:
    r"""Paths as one argument, with commas between them: "\," is a comma in a path, "\\" a
    backslash. Bytes that are no UTF-8 are lone surrogates."""
    escaped = (source.replace(b"\\", b"\\\\").replace(b",", b"\\,") for source in sources)
    return b",".join(escaped).decode("utf-8", "surrogateescape")


def parts(value: bytes) -> tuple[bytes, ...]:
    """The paths of such an argument; empty parts are left out."""
    return tuple(_ESCAPED.sub(rb"\1", part) for part in _PARTS.findall(value))


def is_self_backup(task: str) -> bool:
    """Whether a task saves the location itself: its name says so, in any letter case."""
    return _SELF_BACKUP.search(task) is not None


def medium_alarm_time(asked: datetime, drives: int) -> datetime:
    """When sm_alarm is called for a medium that nobody has put in: with a single drive later
    (manual, "sm_alarm").

    Args:
        asked: when the medium was asked for.
        drives: how many there are that could take it.
    """
    return asked + MEDIUM_ALARM_AFTER if drives == 1 else asked
