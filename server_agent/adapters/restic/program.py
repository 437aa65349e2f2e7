"""restic as a child process: its environment, its end, and what its words mean."""

import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from threading import Event

from server_agent.adapters.restic.stores import Access
from server_agent.adapters.restic.turns import Turns
from server_agent.adapters.tar.child import Child, Setting, environment_of_account
from server_agent.domain.quoting import printable
from server_agent.ports import Control, EngineError

TEMPORARY = "tmp"  # in the directory of the cache: what a killed restic leaves
TURNS = "turns"  # there too
_USES_DATA = {"backup", "copy", "dump", "ls", "restore"}  # commands that read or write data
_MOMENT_MILLISECONDS = 50
_UNLOCK_SECONDS = 60.0
PATIENCE_LOOKS = 1200  # of a backup at a lock, half a second each
_GRACE_SECONDS = 5.0  # to take its lock away
_LONGEST_SAID = 64 << 10  # of its messages that are kept
_EXIT_ERROR = b'{"message_type":"exit_error"'
_PANIC = b"panic: "  # of a restic that has crashed, before its stack
_STACK_PLACE = re.compile(rb"\t\S+\.(?:go|s):\d+( \+0x[0-9a-f]+)?\s*$")
TRIES_AGAIN = b"retrying after"
_LOCKED = b"already locked"
_LOCK_STATUS = (1, 11)  # the second from restic 0.17 on
_REFUSED = b"wrong password or no key found"
_UNREACHED = re.compile(
    rb"connection refused|no such host|no route to host|network is unreachable|i/o timeout"
    rb"|connection reset|unable to start the sftp session|transport endpoint is not connected"
    rb"|x509:|certificate|TLS handshake|stale file handle",
    re.IGNORECASE,
)
_NOT_LET_IN = re.compile(
    rb"\(401\)|\(403\)|401 Unauthorized|403 Forbidden|Access Denied|AccessDenied|InvalidAccessKeyId"
    rb"|SignatureDoesNotMatch|Access Key Id you provided",
    re.IGNORECASE,
)
_ABSENT = re.compile(
    rb"Is there a repository at the following location|unable to open config file|NoSuchBucket",
    re.IGNORECASE,
)
_FULL = re.compile(rb"no space left on device|disk quota exceeded|file too large", re.IGNORECASE)
DAMAGED = re.compile(
    rb"ciphertext verification failed|returned invalid hash|invalid data returned|not found in"
    rb" index|does not exist|no such file or directory|no matching ID found|hash does not match"
    rb"|decrypting|decompressing|unexpected EOF|NoSuchKey",
    re.IGNORECASE,
)


class Unhurried:
    """The control of what nobody can cancel: tidying up, and looks."""

    cancelled = False

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Never."""


class ResticChild(Child):
    """Ended in a way that lets it take its lock out of the repository. Keeps a turn until then."""

    turn: contextlib.ExitStack | None = None

    @property
    def written_bytes(self) -> int:
        """How much it has written so far, wherever; 0 if that is not known."""
        try:
            text = Path(f"/proc/{self._process.pid}/io").read_text("ascii")
            return int(text.partition("wchar:")[2].split()[0])
        except (OSError, ValueError, IndexError):
            return 0

    def end(self) -> None:
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGINT)
            self._drain(time.monotonic() + _GRACE_SECONDS)
        super().end()
        if self.turn is not None:
            self.turn.close()

    def _drain(self, until: float) -> None:
        """What it still has to say needs a reader: without one it would die before its lock."""
        while self._process.poll() is None and time.monotonic() < until:
            poll = select.poll()
            streams = {stream.fileno(): name for name, stream in self._outputs.items()}
            for fd in streams:
                poll.register(fd, select.POLLIN)
            for fd, _ in poll.poll(_MOMENT_MILLISECONDS):
                self.read(streams[fd])
            if not streams:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(_MOMENT_MILLISECONDS / 1000)


@dataclass(frozen=True, slots=True)
class Answer:
    """How a run of restic ended: status, standard output, the end of standard error."""

    status: int
    out: bytes
    said: bytes

    @property
    def is_locked(self) -> bool:
        return self.status in _LOCK_STATUS and _LOCKED in self.said


@dataclass(frozen=True, slots=True)
class Program:
    """restic for one repository.

    Attributes:
        cache_dir: where restic keeps what it knows of repositories, and its short-lived files.
        environment: variables that it is given beside those of the account.
    """

    access: Access
    cache_dir: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def turns(self) -> Turns:
        return Turns(self.cache_dir / TURNS, self.access.environment["RESTIC_REPOSITORY"])

    def start(
        self, words: Sequence[str | bytes], control: Control, *, fed: bool = False
    ) -> ResticChild:
        """What uses data waits until nobody tidies them.

        Raises:
            EngineError: PROGRAM_MISSING.
            Cancelled: the control said so.
            OSError: it cannot be started.
        """
        environment = {**environment_of_account(), **self.environment}
        environment |= {"LC_ALL": "C", "TZ": "UTC"}
        if shutil.which("restic", path=environment["PATH"]) is None:
            text = "restic is not installed: install the package restic"
            raise EngineError("PROGRAM_MISSING", text)
        temporary = self.cache_dir / TEMPORARY
        temporary.mkdir(mode=0o700, parents=True, exist_ok=True)
        environment |= {"RESTIC_CACHE_DIR": str(self.cache_dir), "TMPDIR": str(temporary)}
        environment |= {"RESTIC_PROGRESS_FPS": "2", **self.access.environment}
        # Started by a shell in the background it would not hear SIGINT.
        command = ["env", "--default-signal=INT", "restic", *self.access.options, *words]
        with contextlib.ExitStack() as turn:
            setting = Setting(environment, Path("/"))
            if os.fsdecode(words[0]) in _USES_DATA:
                used = turn.enter_context(self.turns.together(control))
                setting = replace(setting, held=(used,))
            child = ResticChild(command, control, fed=fed, setting=setting)
            child.turn = turn.pop_all()
            return child

    def run(
        self, words: Sequence[str | bytes], control: Control, seconds: float | None = None
    ) -> Answer:
        """Runs it to its end.

        Args:
            seconds: after which it is given up; its status is then -1.

        Raises:
            Cancelled: the control said so.
        """
        out, said = bytearray(), Said()
        begin = time.monotonic()
        with self.start(words, control) as child:
            while child.talks:
                for output in child.ready():
                    data = child.read(output)
                    if output == "out":
                        out += data
                    else:
                        said.hear(data)
                if seconds is not None and time.monotonic() - begin > seconds:
                    return Answer(-1, bytes(out), said.text + b"\ni/o timeout")
            return Answer(child.wait(), bytes(out), said.text)

    def run_alone(
        self,
        words: Sequence[str | bytes],
        control: Control,
        patience_seconds: float,
        seconds: float | None = None,
    ) -> Answer:
        """Runs what needs the repository for itself; waits for others, and takes away locks whose
        owners are dead.

        Args:
            patience_seconds: how long it waits for others.
            seconds: as for `run`.
        """
        begin = time.monotonic()
        while True:
            answer = self.run(words, control, seconds)
            if not answer.is_locked or time.monotonic() - begin > patience_seconds:
                return answer
            self.run(["unlock"], Unhurried(), _UNLOCK_SECONDS)
            wait_a_moment()


def wait_a_moment() -> None:
    """Until it may be worth while to try a lock again."""
    Event().wait(0.5)


class Said:
    """The beginning and the end of what restic says."""

    def __init__(self) -> None:
        self._text = b""

    def hear(self, data: bytes) -> None:
        self._text += data
        if len(self._text) > 2 * _LONGEST_SAID:
            self._text = self._text[:_LONGEST_SAID] + b"\n" + self._text[-_LONGEST_SAID:]

    @property
    def text(self) -> bytes:
        return self._text


def is_lost(said: bytes) -> bool:
    """Whether restic tries again to read a file that is not there; on this machine it will not
    come."""
    return TRIES_AGAIN in said and b"no such file or directory" in said


def is_absent(answer: Answer) -> bool:
    """Whether a place could be looked at and has no repository."""
    said = answer.said
    return bool(
        answer.status
        and _ABSENT.search(said)
        and not _UNREACHED.search(said)
        and not _NOT_LET_IN.search(said)
        and b"NoSuchBucket" not in said
    )


def last_words(said: bytes) -> str:
    """The line that tells most of why restic failed."""
    lines = [_unwrapped(line.strip()) for line in _told(said)]
    fatal = [line for line in lines if line.startswith(b"Fatal:")]
    told = [line for line in lines if _LOCKED in line or line.startswith(_PANIC)]
    chosen = (fatal or told or lines or [b"it said nothing"])[-1]
    if chosen.startswith(b"Fatal: There were") and len(lines) > 1:
        chosen = lines[0]
    return printable(chosen.removeprefix(b"Fatal: "))


def _told(said: bytes) -> Iterator[bytes]:
    """Its lines without those of a stack: names of functions, and behind each a place in a file."""
    lines = [line for line in said.splitlines() if line.strip()]
    for line, following in pairwise([*lines, b""]):
        if not _STACK_PLACE.match(line) and not _STACK_PLACE.match(following):
            yield line


def _unwrapped(line: bytes) -> bytes:
    """What restic says since 0.17 in JSON of why it has failed."""
    if line.startswith(_EXIT_ERROR):
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            first, _, _ = json.loads(line)["message"].partition("\n")
            return str(first).encode("utf-8", "surrogatepass")
    return line


def failure(medium: str, answer: Answer, what: str) -> EngineError:
    """A run that failed, as the engine's error.

    Args:
        medium: the place of the repository, for people.
        what: what restic could not do, for the end of "restic could not …".
    """
    reason = last_words(answer.said)
    if answer.is_locked:
        return EngineError(
            "REPOSITORY_LOCKED",
            f"restic could not {what}: {medium} is locked by another work: {reason}."
            " Wait until that has ended",
        )
    if _REFUSED in answer.said:
        return EngineError(
            "KEY_REFUSED",
            f"{medium} does not open with the password of its data store. Put the right key file"
            " back from a copy",
        )
    full = [line for line in answer.said.splitlines() if _FULL.search(line)]
    if full:
        reason = printable(_unwrapped(full[0].strip()))
        return EngineError("NO_SPACE", f"{medium}: {reason}. Free some space or use another place")
    if _NOT_LET_IN.search(answer.said):
        return EngineError(
            "ACCESS_REFUSED",
            f"the server of {medium} does not let the agent in: {reason}. Put right names and"
            " passwords into the .env file of its secret",
        )
    if _UNREACHED.search(answer.said):
        return EngineError(
            "STORE_MISSING",
            f"{medium} cannot be reached: {reason}. See to its server and to the way there, and"
            " try again",
        )
    if _ABSENT.search(answer.said):
        return missing(medium, reason)
    return EngineError("RESTIC_FAILED", f"restic could not {what} ({medium}): {reason}")


def missing(medium: str, reason: str) -> EngineError:
    return EngineError(
        "STORE_MISSING",
        f"{medium} has no repository of this location: {reason}. Is it mounted? See to it and"
        " try again",
    )
