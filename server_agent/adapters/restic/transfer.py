"""restic's own run over the sources: how far it is, and what becomes of files while it reads."""

import contextlib
import json
import os
import stat
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from server_agent.adapters.restic.listing import ResticListing
from server_agent.adapters.restic.program import (
    PATIENCE_LOOKS,
    TRIES_AGAIN,
    Answer,
    Said,
    wait_a_moment,
)
from server_agent.adapters.restic.repository import Repository
from server_agent.adapters.tar.listing import Amount
from server_agent.adapters.tar.numbers import kept_inode, kept_times
from server_agent.adapters.tar.transfer import Pace
from server_agent.domain.jobs import Phase, Progress
from server_agent.ports import Control

_LOST = "\ufffd"
_UNCHANGED = b'"action":"unchanged"'
_PARTIAL = 3  # status: a snapshot was made, and something could not be read
_KNOWN_STATUS = (0, _PARTIAL)


@dataclass(slots=True)
class Transfer:
    """Attributes:
    words: of the command.
    total: what has to be saved.
    is_whole: whether restic reads all, so that its own count is the progress.
    stored_bytes: that were added to the repository.
    check: raises EngineError if the medium is gone; restic would try for a quarter of an hour.
    reasons: why something could not be read, by path as far as that is UTF-8.
    is_lossy: whether it has spoken of paths that are no UTF-8.
    """

    repository: Repository
    words: list[str]
    listing: ResticListing
    total: Amount
    is_whole: bool
    control: Control
    check: Callable[[], None]
    stored_bytes: int = 0
    reasons: dict[str, str] = field(default_factory=dict)
    is_lossy: bool = False
    _files: int = 0
    _bytes: int = 0
    _reached: int = 0  # bytes, as restic counts
    _current: bytes = b""
    _errors: bytes = b""  # the beginning of a line
    _snapshot: str = ""

    def run(self) -> Generator[Progress, None, str]:
        """Returns the beginning of the snapshot's id.

        Raises:
            EngineError, Cancelled.
        """
        for _ in range(PATIENCE_LOOKS):
            answer = yield from self._once()
            if not answer.is_locked:
                break
            self.repository.unlock()
            wait_a_moment()
        if answer.status not in _KNOWN_STATUS or not self._snapshot:
            raise self.repository.failed(answer, "save the sources")
        return self._snapshot

    def _once(self) -> Generator[Progress, None, Answer]:
        pace, said, rest = Pace(), Said(), b""
        with self.repository.program.start(self.words, self.control) as child:
            while child.talks:
                for output in child.ready():
                    data = child.read(output)
                    if output == "err":
                        said.hear(data)
                        self._hear_errors(data)
                        if TRIES_AGAIN in data:
                            self.check()
                        continue
                    *lines, rest = (rest + data).split(b"\n")
                    for line in lines:
                        self.hear(line)
                if pace.due():
                    yield self.progress()
            return Answer(child.wait(), b"", said.text)

    def progress(self, phase: Phase = Phase.TRANSFER) -> Progress:
        size = max(self._bytes, self._reached) if self.is_whole else self._bytes
        return Progress(
            phase=phase,
            files_done=min(self._files, self.total.files),
            files_total=self.total.files,
            bytes_done=min(size, self.total.size),
            bytes_total=self.total.size,
            stored_bytes=self.stored_bytes,
            current=self._current,
        )

    def _hear_errors(self, data: bytes) -> None:
        *lines, self._errors = (self._errors + data).split(b"\n")
        for line in lines:
            self.hear(line)

    def hear(self, line: bytes) -> None:
        """A line of restic's JSON; what it says otherwise is for `Said`."""
        if _UNCHANGED in line or not line.startswith(b"{"):
            return
        with contextlib.suppress(ValueError):
            content: dict[str, Any] = json.loads(line)
            match content.get("message_type"):
                case "verbose_status":
                    self._finished(content)
                case "status":
                    self._reached = content.get("bytes_done", 0)
                    current = content.get("current_files") or [""]
                    self._current = os.fsencode(current[0])
                case "error":
                    self.reasons[content.get("item", "")] = _reason(content.get("error"))
                case "summary":
                    self._snapshot = content["snapshot_id"]

    def _finished(self, content: dict[str, Any]) -> None:
        self.stored_bytes += content["data_size_in_repo"] + content["metadata_size_in_repo"]
        item: str = content["item"]
        if item.endswith("/"):
            return
        if _LOST in item:
            self.is_lossy = True
        else:
            self.look(item.encode("utf-8", "surrogatepass"))

    def look(self, path: bytes) -> None:
        """restic is done with something: notes it if it is not as the scan has seen it."""
        known = self.listing.kind_and_facts(path)
        if known is not None and known[4]:
            self._files += 1
            self._bytes += known[1]
        try:
            status = os.lstat(path)
            times = kept_times([status.st_mtime_ns, status.st_ctime_ns])
            now = kept_inode(status.st_ino), status.st_size, *times
            if known is None or now != known[:4]:
                target = os.readlink(path) if stat.S_ISLNK(status.st_mode) else b""
                self.listing.note_after(path, status, target)
        except OSError:
            return  # it is gone now: nothing can be said of how it was


def snapshot_in(out: bytes) -> str:
    """The beginning of the id of the snapshot that restic says to have made; empty for none."""
    for line in out.splitlines():
        if b'"snapshot_id"' in line:
            with contextlib.suppress(ValueError, KeyError):
                return str(json.loads(line)["snapshot_id"])
    return ""


def _reason(error: Any) -> str:
    if isinstance(error, dict):
        if isinstance(error.get("Err"), int):
            return os.strerror(error["Err"])
        if isinstance(error.get("message"), str):
            # Since 0.15 it says what it did with which path before.
            reason = str(error["message"]).rpartition(": ")[2]
            return reason[:1].upper() + reason[1:]
    return "restic does not say why"
