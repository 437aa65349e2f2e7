"""One repository of restic, which is a medium: what is in it, and what is done to it as a whole."""

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from server_agent.adapters.restic.program import (
    DAMAGED,
    Answer,
    Program,
    Said,
    Unhurried,
    failure,
    last_words,
    missing,
)
from server_agent.adapters.restic.turns import Limited
from server_agent.adapters.tar.numbers import kept_time
from server_agent.ports import Cancelled, Control, EngineError

SAVESET_TAG = "sv="
LISTING_TAG = "listing"
_LOOK_SECONDS = 60.0  # until a server counts as away
_LIST_SECONDS = 600.0  # for reading all snapshots, or taking some away
_TIDY_SECONDS = 20.0  # of patience with backups that hold the repository
_PRUNE_SECONDS = 3600.0  # for giving back what costs no writing
_REPACKED = "20G"  # that are written anew at once, so that it comes to an end
_IDS_AT_ONCE = 500
_SECOND = 1_000_000_000  # in nanoseconds
_KINDS = {
    "file": "f",
    "dir": "d",
    "symlink": "l",
    "fifo": "p",
    "dev": "b",
    "chardev": "c",
    "socket": "s",
}
_LOST = "\ufffd"
_BEGUN = ("*/*-tmp-*", "data/*/*-tmp-*")  # a file's name before it is whole
# Go's numbers of these bits, see io/fs.FileMode.
_MODE_BITS = ((1 << 23, 0o4000), (1 << 22, 0o2000), (1 << 20, 0o1000))
_TIME = re.compile(r"(.{19})(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Attributes:
    saveset: that it belongs to; empty if it is none of ours.
    tree: the id of what it holds, which names all of it by SHA-256.
    original: the id of that of which it is a copy, or its own.
    """

    id: str
    saveset: str
    tree: str
    original: str
    tags: tuple[str, ...] = ()

    @property
    def has_listing(self) -> bool:
        """Whether it is a copy of the saveset's listing."""
        return LISTING_TAG in self.tags


@dataclass(frozen=True, slots=True)
class Node:
    """An entry of a snapshot. `is_lossy`: bytes of the path that are no UTF-8 have become U+FFFD.
    Times are in nanoseconds."""

    path: bytes
    kind: str
    size: int
    modify_ns: int
    change_ns: int
    mode: int
    uid: int
    gid: int
    is_lossy: bool = False


@dataclass(frozen=True, slots=True)
class Repository:
    """`place` names it for people."""

    place: str
    program: Program

    def check(self) -> None:
        """Raises EngineError (STORE_MISSING, KEY_REFUSED) unless it is there and opens."""
        answer = self.program.run(
            ["cat", "config", "--no-lock", "--no-cache"], Unhurried(), _LOOK_SECONDS
        )
        if answer.status:
            raise self.failed(answer, "open it")

    def make(self) -> None:
        """Makes it if it is not there.

        Raises:
            EngineError: STORE_MISSING, STORE_UNUSABLE, NO_SPACE.
        """
        try:
            self.check()
        except EngineError as error:
            if error.code != "STORE_MISSING":
                raise
            self._clear()
            answer = self.program.run(["init"], Unhurried(), _LOOK_SECONDS)
            if answer.status:
                raise self.failed(answer, "make a repository") from None

    def _clear(self) -> None:
        """Of one on this machine that did not come to be: takes away the keys that were made before
        its end, since restic would take one of them for that of the next one.

        Raises:
            EngineError: STORE_UNUSABLE: it has data, for which its keys are needed.
        """
        place = Path(self.place)
        if not self.is_here or (place / "config").exists():
            return
        for part in ("data", "index", "snapshots"):
            if any(path.is_file() for path in (place / part).rglob("*")):
                text = f"{place} has lost its file config. Put it back from a copy"
                raise EngineError("STORE_UNUSABLE", text)
        for key in (place / "keys").glob("*"):
            key.unlink()

    def snapshots(self, control: Control | None = None) -> list[Snapshot]:
        """All of them. Raises EngineError."""
        words = ["snapshots", "--json", "--no-lock"]
        answer = self.program.run(words, control or Unhurried(), _LIST_SECONDS)
        if answer.status:
            raise self.failed(answer, "list its snapshots")
        return [
            Snapshot(
                *(found["id"], _saveset(found.get("tags") or ())),
                *(found["tree"], found.get("original") or found["id"]),
                tuple(found.get("tags") or ()),
            )
            for found in json.loads(answer.out) or ()
        ]

    def ids(self, control: Control | None = None) -> set[str]:
        """Of all snapshots. On this machine they are the names of files, and no key is needed.

        Raises:
            EngineError, OSError, Cancelled.
        """
        if self.is_here:
            return set(os.listdir(Path(self.place) / "snapshots"))
        return {snapshot.id for snapshot in self.snapshots(control)}

    def indexes(self, control: Control) -> set[str]:
        """The ids of what tells in which pack each piece of data lies; each work adds its own.
        Raises EngineError, Cancelled."""
        words = ["list", "index", "--no-lock", "--quiet"]
        answer = self.program.run(words, control, _LIST_SECONDS)
        if answer.status:
            raise self.failed(answer, "list its indexes")
        return set(answer.out.decode("ascii").split())

    def indexed_bytes(self, index: str, control: Control) -> int:
        """The size of all data that one of them tells of, as stored. Raises EngineError,
        Cancelled."""
        words = ["cat", "index", index, "--no-lock", "--quiet"]
        answer = self.program.run(words, control, _LIST_SECONDS)
        if answer.status:
            raise self.failed(answer, "read an index")
        packs = json.loads(answer.out)["packs"] or ()
        return sum(blob["length"] for pack in packs for blob in pack["blobs"])

    def forget(self, ids: Iterable[str]) -> None:
        """Removes snapshots; their data stay until `prune`.

        Raises:
            EngineError: REPOSITORY_LOCKED: backups run; and others.
        """
        todo = list(ids)
        for at in range(0, len(todo), _IDS_AT_ONCE):
            words = ["forget", *todo[at : at + _IDS_AT_ONCE]]
            answer = self.program.run_alone(words, Unhurried(), _TIDY_SECONDS, _LIST_SECONDS)
            if answer.status:
                raise self.failed(answer, "remove a snapshot")

    def prune(self) -> None:
        """Gives back the space of packs of which nothing is needed any more; none is written anew.

        Raises:
            EngineError: REPOSITORY_LOCKED, TIDY_UNFINISHED and others.
        """
        words = ["prune", "--max-unused=unlimited", "--max-repack-size=0"]
        self._tidied(words, Unhurried(), _PRUNE_SECONDS)

    def tidy(self, control: Control, seconds: float) -> None:
        """Gives back space at the cost of reading and writing packs anew.

        Args:
            seconds: after which it is left for the next time; what was done is kept.

        Raises:
            EngineError: REPOSITORY_LOCKED, TIDY_UNFINISHED and others.
            Cancelled: the control said so.
        """
        self.unlock()
        self._tidied(["prune", f"--max-repack-size={_REPACKED}"], control, seconds)

    def _tidied(self, words: list[str], control: Control, seconds: float) -> None:
        """While nothing else of this agent uses the data; makes way for whatever wants to."""
        with self.program.turns.alone() as turn:
            if turn is None:
                raise EngineError("REPOSITORY_LOCKED", f"{self.place} is in use")
            limited = Limited(control, seconds, turn)
            try:
                answer = self.program.run_alone(words, limited, _TIDY_SECONDS)
            except Cancelled:
                if control.cancelled:
                    raise
                text = f"{self.place} was wanted, or the time for tidying was over"
                raise EngineError("TIDY_UNFINISHED", text) from None
        if answer.status:
            raise self.failed(answer, "give back space")

    def unlock(self) -> None:
        """Takes away the locks of processes that are dead. Raises EngineError."""
        answer = self.program.run(["unlock"], Unhurried(), _LOOK_SECONDS)
        if answer.status:
            raise self.failed(answer, "remove old locks")

    def sweep(self) -> None:
        """Of a repository on this machine, removes what a killed restic has begun to write, unless
        somebody else writes to it. restic itself never does. Raises OSError."""
        place = Path(self.place)
        if not self.is_here or any((place / "locks").glob("*")):
            return
        for pattern in _BEGUN:
            for path in place.glob(pattern):
                path.unlink(missing_ok=True)

    def nodes(self, snapshot: str, control: Control) -> Iterator[Node]:
        """All entries in the order in which restic walks.

        Raises:
            EngineError: it cannot be read; the code is STORE_MISSING or RESTIC_FAILED.
            Cancelled: the control said so.
        """
        is_there = False
        for line in self._lines(["ls", "--json", "--no-lock", snapshot], control, b"\n"):
            content = json.loads(line)
            if content.get("struct_type") == "snapshot":
                is_there = True
            else:
                yield _node(content)
        if not is_there:
            raise missing(self.place, f"it has no snapshot {snapshot[:8]}")

    def raw_paths(
        self, snapshot: str, lossy: Iterable[tuple[int, bytes]], control: Control
    ) -> Iterator[tuple[int, bytes]]:
        """The paths as they are, with the numbers that come with them.

        restic prints them byte by byte too, but then a newline in a name looks like the end of
        one: what is known of each tells where it ends.

        Args:
            lossy: number and path of every entry, in the order of `nodes`.
        """
        pieces = self._pieces(["ls", "--quiet", "--no-lock", snapshot], control)
        rest = b""
        for number, path in lossy:
            while len(rest) < 3 * len(path) + 1 and (piece := next(pieces, b"")):
                rest += piece
            length = _length(rest, path)
            yield number, rest[:length]
            if rest[length : length + 1] != b"\n":
                raise EngineError("RESTIC_FAILED", f"{self.place} lists {path!r} in two ways")
            rest = rest[length + 1 :]
        for _ in pieces:
            pass

    @property
    def is_here(self) -> bool:
        """Whether it lies on this machine."""
        return self.place.startswith("/")

    def failure(self, status: int, said: Said, what: str) -> EngineError:
        """A read that failed: SAVESET_DAMAGED if restic says that something is not what it was, or
        is not there; while a medium is gone it may say so too."""
        if DAMAGED.search(said.text):
            return EngineError("SAVESET_DAMAGED", last_words(said.text))
        return self.failed(Answer(status, b"", said.text), what)

    def failed(self, answer: Answer, what: str) -> EngineError:
        return failure(self.place, answer, what)

    def _lines(self, words: list[str], control: Control, end: bytes) -> Iterator[bytes]:
        rest = b""
        for piece in self._pieces(words, control):
            *lines, rest = (rest + piece).split(end)
            yield from lines

    def _pieces(self, words: list[str], control: Control) -> Iterator[bytes]:
        said = Said()
        with self.program.start(words, control) as child:
            while child.talks:
                for output in child.ready():
                    data = child.read(output)
                    if output == "err":
                        said.hear(data)
                    elif data:
                        yield data
            status = child.wait()
        if status:
            raise self.failed(Answer(status, b"", said.text), "read a snapshot")


def _saveset(tags: Iterable[str]) -> str:
    names = [tag.removeprefix(SAVESET_TAG) for tag in tags if tag.startswith(SAVESET_TAG)]
    return names[0] if names else ""


def _node(content: dict[str, Any]) -> Node:
    path = content["path"]
    mode = content.get("mode", 0)
    return Node(
        path=path.encode("utf-8", "surrogatepass"),
        kind=_KINDS.get(content["type"], "?"),
        size=content.get("size", 0),
        modify_ns=nanoseconds(content["mtime"]),
        change_ns=nanoseconds(content["ctime"]),
        mode=(mode & 0o777) | sum(bit for theirs, bit in _MODE_BITS if mode & theirs),
        uid=content.get("uid", 0),
        gid=content.get("gid", 0),
        is_lossy=_LOST in path,
    )


def nanoseconds(text: str) -> int:
    """A time of RFC 3339 with any number of digits, since 1970, as a listing can hold it."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"{text} is no time")
    whole = datetime.fromisoformat(match[1] + ("+00:00" if match[3] == "Z" else match[3]))
    return kept_time(round(whole.timestamp()) * _SECOND + int((match[2] or "").ljust(9, "0")[:9]))


def _length(raw: bytes, path: bytes) -> int:
    """How many bytes at the beginning of the text are the path, of which each byte that is no
    UTF-8 has become U+FFFD."""
    lost = _LOST.encode()
    at = 0
    for number, part in enumerate(path.split(lost)):
        if number:
            at += len(lost) if raw.startswith(lost, at) else 1
        at += len(part)
    return at
