"""Engines of every kind for the contract suites, each with a client and a place to restore to."""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Protocol

from server_agent.adapters.tar.engine import TarEngine
from server_agent.adapters.tar.store import write_label
from server_agent.domain.jobs import Phase, Progress
from server_agent.domain.reach import LOCAL, Reach, Ssh
from server_agent.domain.savesets import BackupType
from server_agent.domain.task_options import TimeReference
from server_agent.ports import (
    COMMANDS_DIRECTORY,
    BackupDone,
    BackupEvent,
    BackupRequest,
    CommandSource,
    Engine,
    RestoreDone,
    RestoreRequest,
    SavesetRef,
)
from tests.agent.ssh.server import make_key, public_line
from tests.fakes.engine import FakeControl, FakeEngine

DAY = date(2026, 3, 29)
LABEL = "POOL00001"
LOCATION_ID = "1c3cbeb2-6a43-4fd9-8e4b-0d5e19dcb8a6"


class Rig(Protocol):
    """An engine with a client and a place to restore to."""

    engine: Engine
    is_chained: bool  # whether a saveset needs what it builds on
    references: frozenset[TimeReference]  # by which it can go
    away_code: str  # of the refusal of a client over SSH that is away
    source: bytes
    target: bytes
    client: Reach

    def write(self, name: str, content: bytes, below: bytes | None = None) -> None:
        """A file of the client, below the source or below another directory."""

    def remove(self, name: str) -> None: ...

    def away(self) -> Ssh:
        """Another client, which cannot be reached."""

    def command(self, name: str, content: bytes, status: int = 0) -> CommandSource:
        """A program of the client that writes something and ends so."""

    def restored_of_commands(self) -> dict[str, bytes]:
        """What came back of what commands had written, by their names."""

    def restored(self) -> dict[str, bytes]:
        """The files at the target, by their names below the source."""

    def put_at_target(self, name: str, content: bytes) -> None: ...

    def kept(self) -> set[str]:
        """Names of the savesets of which anything is kept, whole or not."""

    def interrupt(self, saveset: SavesetRef) -> None:
        """Leaves what a backup leaves behind that ended in the middle with its agent."""

    def damage(self, saveset: SavesetRef, part: str) -> None:
        """Spoils "data" or "listing"."""

    def lose(self, saveset: SavesetRef) -> None:
        """Takes it from its place."""

    def unmount(self) -> None:
        """Takes the medium from its place."""

    def mount(self) -> None:
        """Puts it back."""


class TarRig:
    is_chained = True
    away_code = "CLIENT_UNREACHABLE"

    def __init__(self, root: Path, client: Reach = LOCAL) -> None:
        self.root = root
        self.client = client
        away = {TimeReference.ARCHIVE_BIT} if isinstance(client, Ssh) else set()
        self.references = frozenset(TimeReference) - away
        self.engine: Engine = TarEngine(
            root / "store", root / "lis", root / "tmp", LOCATION_ID, threads=2
        )
        (root / "store" / LABEL).mkdir(parents=True)
        write_label(root / "store" / LABEL, LABEL, LOCATION_ID)
        (root / "client").mkdir()
        self.source = os.fsencode(root / "client")
        self.target = os.fsencode(root / "target")

    def write(self, name: str, content: bytes, below: bytes | None = None) -> None:
        path = Path(os.fsdecode(below or self.source)) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # a new inode: changed in any case
        path.write_bytes(content)

    def remove(self, name: str) -> None:
        path = self.root / "client" / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    def away(self) -> Ssh:
        key = self.root / "key"
        if not key.exists():
            make_key(key)
        return Ssh("127.0.0.1", "root", str(key), public_line(key), port=1)

    def command(self, name: str, content: bytes, status: int = 0) -> CommandSource:
        (self.root / name).write_bytes(content)
        script = f"cat '{self.root / name}'; exit {status}"
        return CommandSource(name, (b"sh", b"-c", script.encode()))

    def restored_of_commands(self) -> dict[str, bytes]:
        return _files_below(Path(os.fsdecode(self.target + COMMANDS_DIRECTORY)))

    def restored(self) -> dict[str, bytes]:
        return _files_below(self._in_target())

    def put_at_target(self, name: str, content: bytes) -> None:
        path = self._in_target() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def kept(self) -> set[str]:
        files = [path for path in self.root.rglob("S*@*") if path.is_file()]
        return {path.name.partition(".")[0] for path in files}

    def interrupt(self, saveset: SavesetRef) -> None:
        events = self.engine.backup(full(self, saveset.name), FakeControl())
        for event in events:
            if isinstance(event, Progress) and event.phase is Phase.COMMIT:
                break
        copies = [(path, path.read_bytes()) for path in self._files(saveset)]
        assert len(copies) >= 2
        events.close()  # type: ignore[attr-defined]
        for path, content in copies:
            path.write_bytes(content)

    def damage(self, saveset: SavesetRef, part: str) -> None:
        suffix = {"data": "", "listing": ".db"}[part]
        (path,) = (path for path in self._files(saveset) if path.suffix == suffix)
        content = bytearray(path.read_bytes())
        content[10:30] = bytes(20)
        path.write_bytes(content)

    def lose(self, saveset: SavesetRef) -> None:
        for path in self._files(saveset):
            path.unlink()

    def unmount(self) -> None:
        store = self.root / "store" / LABEL
        store.rename(self.root / "elsewhere")
        store.mkdir()

    def mount(self) -> None:
        (self.root / "store" / LABEL).rmdir()
        (self.root / "elsewhere").rename(self.root / "store" / LABEL)

    def _files(self, saveset: SavesetRef) -> list[Path]:
        return [path for path in self.root.rglob(saveset.name + "*") if path.is_file()]

    def _in_target(self) -> Path:
        return Path(os.fsdecode(self.target + self.source))


def _files_below(top: Path) -> dict[str, bytes]:
    files = [path for path in top.rglob("*") if path.is_file()]
    return {str(path.relative_to(top)): path.read_bytes() for path in files}


class FakeRig:
    is_chained = True
    references = frozenset(TimeReference)
    away_code = "CLIENT_UNREACHABLE"
    client: Reach = LOCAL

    def __init__(self) -> None:
        self._engine = FakeEngine()
        self.engine: Engine = self._engine
        self.source = b"/client"
        self.target = b"/target"

    def write(self, name: str, content: bytes, below: bytes | None = None) -> None:
        self._engine.client[(below or self.source) + b"/" + name.encode()] = content

    def remove(self, name: str) -> None:
        path = self.source + b"/" + name.encode()
        for other in list(self._engine.client):
            if other == path or other.startswith(path + b"/"):
                del self._engine.client[other]

    def away(self) -> Ssh:
        client = Ssh("away", "root", "/key", "ssh-ed25519 AAAA")
        self._engine.unreachable.add(client)
        return client

    def command(self, name: str, content: bytes, status: int = 0) -> CommandSource:
        self._engine.outputs[name] = content, status
        return CommandSource(name, (b"dump",))

    def restored_of_commands(self) -> dict[str, bytes]:
        return self._restored_below(COMMANDS_DIRECTORY)

    def restored(self) -> dict[str, bytes]:
        return self._restored_below(self.source)

    def _restored_below(self, directory: bytes) -> dict[str, bytes]:
        files = self._engine.targets.get(self.target, {})
        top = directory + b"/"
        return {path[len(top) :].decode(): files[path] for path in files if path.startswith(top)}

    def put_at_target(self, name: str, content: bytes) -> None:
        place = self._engine.targets.setdefault(self.target, {})
        place[self.source + b"/" + name.encode()] = content

    def kept(self) -> set[str]:
        return set(self._engine.savesets) | self._engine.half

    def interrupt(self, saveset: SavesetRef) -> None:
        self._engine.half.add(saveset.name)

    def damage(self, saveset: SavesetRef, part: str) -> None:
        self._engine.damage(saveset.name, part)

    def lose(self, saveset: SavesetRef) -> None:
        del self._engine.savesets[saveset.name]

    def unmount(self) -> None:
        self._engine.unmounted.add(LABEL)

    def mount(self) -> None:
        self._engine.unmounted.clear()


def make_rig(kind: str, root: Path, client: Reach = LOCAL) -> Rig:
    """An engine whose client has five files, 2200 bytes.

    Args:
        kind: "fake", or "tar" and whatever follows.
        root: an empty directory.
        client: where tar runs.
    """
    return with_files(FakeRig() if kind == "fake" else TarRig(root, client))


def with_files(made: Rig) -> Rig:
    """Five, 2200 bytes."""
    for name in ("b", "a", "dir/x", "dir/y", "dir/deep/z"):
        made.write(name, name.encode() * 100)
    return made


def name_of(letter: str, number: int) -> str:
    return f"S{letter}{number:017d}@abcdefghijk"


def ref(name: str, base: str | None = None) -> SavesetRef:
    return SavesetRef(name, LABEL, DAY, base)


def full(rig: Rig, name: str = name_of("F", 1)) -> BackupRequest:
    return BackupRequest(
        saveset=name,
        type=BackupType.FULL,
        label=LABEL,
        sesam_day=DAY,
        sources=(rig.source,),
        excludes=(),
        base=(),
        facts={"task": "etc", "client": "here", "job_id": "1", "start_time": "2026-03-29T10:00Z"},
        client=rig.client,
    )


def inc(rig: Rig, name: str, *base: SavesetRef) -> BackupRequest:
    return replace(full(rig, name), type=BackupType.INC, base=base)


def back_up(rig: Rig, request: BackupRequest) -> BackupDone:
    *_, done = rig.engine.backup(request, FakeControl())
    assert isinstance(done, BackupDone)
    return done


def back(rig: Rig, chain: Sequence[SavesetRef], *paths: bytes) -> RestoreRequest:
    return RestoreRequest(tuple(chain), paths, rig.target, client=rig.client)


def bring_back(rig: Rig, chain: Sequence[SavesetRef], *paths: bytes) -> RestoreDone:
    *_, done = rig.engine.restore(back(rig, chain, *paths), FakeControl())
    assert isinstance(done, RestoreDone)
    return done


def until(events: Iterator[BackupEvent], phase: Phase) -> None:
    """Goes on to the first progress in this phase."""
    while not (isinstance(event := next(events), Progress) and event.phase is phase):
        pass


FULL = name_of("F", 1)
CHAIN = (ref(FULL),)
