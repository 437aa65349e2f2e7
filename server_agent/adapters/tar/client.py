"""Where find, tar and the programs of a task run: the one seam between the engine and a client.

Here is the machine of the agent itself; `server_agent.adapters.ssh` has the others.
"""

import contextlib
import os
import stat
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from server_agent.adapters.tar.child import NO_VARIABLES, Child, Setting, environment_of_account
from server_agent.adapters.tar.mounts import mount_table, real_place
from server_agent.ports import Cancelled, Control

_KINDS = (
    (stat.S_ISLNK, "l"),
    (stat.S_ISDIR, "d"),
    (stat.S_ISREG, "f"),
)
TOO_LONG = "File name too long"
_GONE = ("No such file or directory", "Not a directory")


@dataclass(frozen=True, slots=True)
class Look:
    """What a path is at the client.

    Attributes:
        kind: letter of `find -printf %y`; empty if nothing can be seen there.
        reason: why not, in the words of the C library.
        place: the path without symbolic links, but for its last part.
        leads_to: the path without any.
        has_entries: whether it is a directory in which anything can be seen.
    """

    kind: str
    reason: str = ""
    place: bytes = b""
    leads_to: bytes = b""
    has_entries: bool = False

    @property
    def is_gone(self) -> bool:
        """Whether surely nothing is there; else it may only be out of sight."""
        return self.reason in _GONE


@dataclass(frozen=True, slots=True)
class Survey:
    """A client before work begins.

    Attributes:
        mount_table: text of its /proc/self/mountinfo; empty if it has none.
        looks: what the asked paths are.
        uid, gid: of the account that the programs run as.
        warnings: sentences about what will not be saved or restored as it should be.
    """

    mount_table: bytes
    looks: Mapping[bytes, Look]
    uid: int
    gid: int
    warnings: tuple[str, ...] = ()

    @property
    def is_root(self) -> bool:
        return self.uid == 0


class Client(Protocol):
    """A machine whose files are saved or restored. Leaving the context ends what it holds."""

    is_here: bool  # whether it sees the agent's own files

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def survey(self, paths: Sequence[bytes], control: Control) -> Survey:
        """Looks whether the client can be used, and at some absolute paths there.

        Raises:
            EngineError: CLIENT_UNFIT, CLIENT_UNREACHABLE, CLIENT_KEY_REFUSED and others.
            Cancelled: the control said so.
        """

    def start(
        self,
        command: Sequence[str | bytes],
        control: Control,
        *,
        fed: bool = False,
        fed_from: Path | None = None,
        umask: int = -1,
    ) -> Child:
        """Runs find or tar, in the C language and UTC.

        Args:
            fed: whether the caller feeds it; its input ends with `Child.close_input`.
            fed_from: a file of the agent that is its input.
            umask: its own one; by default that of the account.

        Raises:
            EngineError: the client cannot be reached; or `Child.wait` raises it, if the client is
                lost later.
            OSError: the program cannot be started here.
        """

    def start_command(self, argv: Sequence[bytes], control: Control) -> Child:
        """Runs a program of a task, in the environment of its account and without input. Errors as
        above."""


class LocalClient:
    """The machine on which the agent runs.

    Args:
        environment: variables that programs of tasks are given beside those of the account.
    """

    is_here = True

    def __init__(self, environment: Mapping[str, str] = NO_VARIABLES) -> None:
        self._environment = environment

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Its programs are ended by themselves."""

    def survey(self, paths: Sequence[bytes], control: Control) -> Survey:
        looks: dict[bytes, Look] = {}
        for path in paths:
            if control.cancelled:
                raise Cancelled
            looks[path] = _look(path)
        return Survey(mount_table(), looks, os.geteuid(), os.getegid())

    def start(
        self,
        command: Sequence[str | bytes],
        control: Control,
        *,
        fed: bool = False,
        fed_from: Path | None = None,
        umask: int = -1,
    ) -> Child:
        with _opened(fed_from) as source:
            return Child(command, control, fed=fed, source=source, umask=umask)

    def start_command(self, argv: Sequence[bytes], control: Control) -> Child:
        environment = {**environment_of_account(), **self._environment}
        return Child(argv, control, setting=Setting(environment, Path("/")))


@contextlib.contextmanager
def _opened(path: Path | None) -> Iterator[int]:
    if path is None:
        yield subprocess.DEVNULL
        return
    with path.open("rb", buffering=0) as file:
        yield file.fileno()


def _look(path: bytes) -> Look:
    try:
        mode = os.lstat(path).st_mode
    except OSError as error:
        return Look("", error.strerror or str(error))
    kind = next((letter for is_kind, letter in _KINDS if is_kind(mode)), "other")
    return Look(kind, "", real_place(path), os.path.realpath(path), _holds_anything(path))


def _holds_anything(directory: bytes) -> bool:
    try:
        with os.scandir(directory) as found:
            return any(found)
    except OSError:
        return False
