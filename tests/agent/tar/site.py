"""A tar engine with a source and savesets numbered one after the other, for tests."""

import codecs
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from server_agent.adapters.tar.engine import TarEngine
from server_agent.adapters.tar.store import LABEL_FILE, write_label
from server_agent.domain.jobs import Progress
from server_agent.domain.savesets import BackupType
from server_agent.domain.task_options import TaskOptions
from server_agent.ports import (
    BackupDone,
    BackupEvent,
    BackupRequest,
    Control,
    Message,
    RestoreDone,
    RestoreRequest,
    SavesetRef,
    Verified,
    VerifyRequest,
)
from tests.agent.tar.trees import Picture
from tests.fakes.engine import FakeControl

LOCATION_ID = "7f6bb2a5-3a43-4c5e-9d6e-3a0c7f1f6d11"
DAY = date(2026, 10, 25)
LABEL = "POOL00001"
IS_ROOT = os.geteuid() == 0
_MOUNT = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]  # gone with its process
CAN_MOUNT = IS_ROOT and subprocess.run(_MOUNT, capture_output=True, check=False).returncode == 0
only_mounting = pytest.mark.skipif(
    not CAN_MOUNT, reason="only root can mount, where the system lets it (CAP_SYS_ADMIN)"
)
NOBODY = 65534


@dataclass
class Site:
    """Attributes:
    root: everything lies below it.
    chain: the savesets made so far, newest first.
    messages: of the last call.
    options: of all backups from now on.
    """

    root: Path
    engine: TarEngine
    chain: list[SavesetRef] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    options: TaskOptions = field(default_factory=TaskOptions)

    @classmethod
    def below(cls, root: Path) -> "Site":
        (root / "source").mkdir(parents=True)
        make_store(root)
        return cls(root, engine_below(root))

    @property
    def source(self) -> Path:
        return self.root / "source"

    def request(self, *sources: Path, excludes: tuple[str, ...] = ()) -> BackupRequest:
        """The next backup: FULL if there is none yet, else INC on the newest."""
        kind = BackupType.INC if self.chain else BackupType.FULL
        return BackupRequest(
            saveset=f"S{kind.value}{len(self.chain):017d}@abcdefghijk",
            type=kind,
            label=LABEL,
            sesam_day=DAY,
            sources=tuple(os.fsencode(source) for source in sources or (self.source,)),
            excludes=excludes,
            base=tuple(self.chain),
            facts={"task": "t", "client": "c", "job_id": "1", "start_time": "2026-10-25T02:30Z"},
            options=self.options,
        )

    def back_up(
        self,
        *sources: Path,
        excludes: tuple[str, ...] = (),
        control: Control | None = None,
        on_event: Callable[[BackupEvent], None] | None = None,
    ) -> BackupDone:
        request = self.request(*sources, excludes=excludes)
        event = self.run(request, control=control, on_event=on_event)
        base = self.chain[0].name if self.chain else None
        self.chain.insert(0, SavesetRef(request.saveset, LABEL, DAY, base))
        return event

    def run(
        self,
        request: BackupRequest,
        control: Control | None = None,
        on_event: Callable[[BackupEvent], None] | None = None,
    ) -> BackupDone:
        self.messages = []
        for event in self.engine.backup(request, control or FakeControl()):
            if on_event is not None:
                on_event(event)
            if isinstance(event, Message):
                self.messages.append(event)
        assert isinstance(event, BackupDone)
        return event

    def restore(
        self, target: Path, *paths: Path, age: int = 0, control: Control | None = None
    ) -> RestoreDone:
        """Args:
        age: which saveset, 0 for the newest.
        """
        self.messages = []
        request = self.restore_request(target, *paths, age=age)
        for event in self.engine.restore(request, control or FakeControl()):
            if isinstance(event, Message):
                self.messages.append(event)
        assert isinstance(event, RestoreDone)
        return event

    def restore_request(self, target: Path, *paths: Path, age: int = 0) -> RestoreRequest:
        chosen = tuple(os.fsencode(path) for path in paths)
        return RestoreRequest(tuple(self.chain[age:]), chosen, os.fsencode(target))

    def fault(self) -> str:
        """What a comparison with its digests finds in the newest one."""
        request = VerifyRequest(tuple(self.chain[:1]))
        events = self.engine.verify(request, FakeControl())
        [verified] = [event for event in events if isinstance(event, Verified)]
        return verified.fault

    def kept(self, seen: Picture) -> Picture:
        """What of a picture has to come back: all of it."""
        return seen

    def data(self, age: int = 0) -> Path:
        return self.root / "store" / LABEL / self.chain[age].name

    def listing(self, age: int = 0) -> Path:
        return self.root / "lis" / DAY.strftime("%Y%m%d") / (self.chain[age].name + ".db")

    def files(self) -> set[str]:
        """Everything that the engine keeps or has left, relative to the root."""
        return {
            str(path.relative_to(self.root))
            for place in ("store", "lis", "tmp")
            for path in (self.root / place).rglob("*")
            if path.is_file() and path.name != LABEL_FILE
        }

    def codes(self) -> list[str]:
        return [message.code for message in self.messages]


def engine_below(root: Path) -> TarEngine:
    return TarEngine(root / "store", root / "lis", root / "tmp", LOCATION_ID, threads=2)


def make_store(root: Path) -> None:
    (root / "store" / LABEL).mkdir(parents=True)
    write_label(root / "store" / LABEL, LABEL, LOCATION_ID)


def at(target: Path, path: Path) -> Path:
    """Where a path is restored to."""
    return target / path.relative_to("/")


def is_progress(event: object, phase: str) -> bool:
    return isinstance(event, Progress) and event.phase == phase


class Probe(FakeControl):
    """A control that calls the test whenever the engine looks at it: several times a second, and
    between any two pieces of data."""

    def __init__(self, look: Callable[[], None]) -> None:
        super().__init__()
        self._look = look

    @property
    def cancelled(self) -> bool:
        self._look()
        return super().cancelled


def open_offset(path: Path) -> int | None:
    """How far a child process has read or written a file that it has open; None if none has."""
    for descriptors in Path("/proc").glob("[0-9]*/fd"):
        if descriptors.parent.name == str(os.getpid()):
            continue
        try:
            for descriptor in descriptors.iterdir():
                if os.readlink(descriptor) == str(path):
                    info = (descriptors.parent / "fdinfo" / descriptor.name).read_text()
                    return int(info.split()[1])
        except OSError:
            continue  # it ended meanwhile
    return None


@contextmanager
def unprivileged() -> Iterator[None]:
    """Whatever runs inside is a user who may not read everything."""
    if not IS_ROOT:
        yield
        return
    codecs.lookup("ascii")  # what cannot be loaded once counts as missing for ever
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
