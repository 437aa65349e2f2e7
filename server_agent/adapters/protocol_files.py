"""The `Protocols` port over files: one per job, below the directory of its sesam day.

A line of the file is one line of the protocol: time, level, code and text, separated by tabs. A
backslash, tab, line feed or carriage return within a field is written as \\\\, \\t, \\n or \\r.
"""

import math
import os
import re
import threading
import time
from bisect import bisect_right
from collections import OrderedDict
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from server_agent.adapters.durable import sync
from server_agent.domain.jobs import Job, JobKind, Level, ProtocolLine, ProtocolPart

_LONGEST_TASK_BYTES = 150  # of the 255 that a file name may have
_BLOCK = 64 * 1024
_MARKED_FILES = 64  # protocols that are read at a time; a mark for each block of each
_SYNC_SECONDS = 1.0  # a disk syncs some hundred times a second, and warnings come by the thousand
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_SIGNS = {escape: sign for sign, escape in _ESCAPES.items()}
_ESCAPE_TABLE = str.maketrans(_ESCAPES)
_ESCAPED = re.compile(r"\\[\\tnr]")
_MIGRATION = "mig"
SUFFIXES = (*(part.value for part in ProtocolPart), _MIGRATION)
_UNSAFE = re.compile(r"[^\w.\-]")


class ProtocolFile:
    """Appends to one protocol. Each line reaches the file before `write` returns; a sync is paid
    for warnings and errors, at most once a second, and at the end."""

    def __init__(self, file: Path) -> None:
        is_new = not file.exists()
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._stream = os.fdopen(descriptor, "r+b", buffering=0)
        self._is_synced = True
        self._sync_time = -math.inf  # seconds of the monotonic clock
        try:
            _cut_torn_line(self._stream)
            if is_new:
                sync(file.parent)
        except OSError:
            self._stream.close()
            raise

    def write(self, line: ProtocolLine) -> None:
        """Raises OSError when the line cannot be written, ValueError when this is closed."""
        fields = (line.time.isoformat(), line.level.value, line.code, line.text)
        text = "\t".join(field.translate(_ESCAPE_TABLE) for field in fields) + "\n"
        left = memoryview(text.encode("utf-8", "backslashreplace"))
        try:
            while left:
                left = left[self._stream.write(left) :]
        except OSError:
            _cut_torn_line(self._stream)
            raise
        self._is_synced = False
        if line.level is not Level.INFO:
            now = time.monotonic()
            if now - self._sync_time >= _SYNC_SECONDS:
                self._sync()
                self._sync_time = now

    def close(self) -> None:
        """Raises OSError when what was written may not be on the disk; it is closed all the
        same."""
        if self._stream.closed:
            return
        with self._stream:
            if not self._is_synced:
                self._sync()

    def _sync(self) -> None:
        os.fsync(self._stream.fileno())
        self._is_synced = True


class ProtocolFiles:
    """The `Protocols` port.

    Args:
        prepost: for what interface programs have said; else it stands beside the protocols.
    """

    def __init__(self, lis: Path, prepost: Path | None = None) -> None:
        self._lis = lis
        self._prepost = prepost or lis
        self._lock = threading.Lock()
        self._marks: OrderedDict[Path, _Marks] = OrderedDict()

    def open(self, job: Job, part: ProtocolPart = ProtocolPart.MAIN) -> ProtocolFile:
        file = self.file(job, part)
        if not file.parent.is_dir():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync(file.parent.parent)
        return ProtocolFile(file)

    def read(
        self, job: Job, after_line: int, limit: int, part: ProtocolPart = ProtocolPart.MAIN
    ) -> tuple[list[ProtocolLine], int]:
        file = self.file(job, part)
        try:
            stream = file.open("rb")
        except FileNotFoundError:
            return [], 0
        with stream:
            line, offset, total = self._marks_of(file).near(after_line, stream)
            stream.seek(offset)
            # Not beyond the total: the last line may be on its way.
            raw = list(islice(stream, after_line - line, min(after_line + limit, total) - line))
        return [_parsed(each, job) for each in raw], total

    def file(self, job: Job, part: ProtocolPart = ProtocolPart.MAIN) -> Path:
        """`<sesam day>/<task>-<sesam day>_<number>_<job>.not` of a backup, `.mig` of a migration,
        and in the other directory the same with `.pre` and `.pos`; what is no backup has no number.
        Signs of the task that are awkward in a file name become "_".

        The manual has the saveset in the place of the job; but a protocol begins before its saveset
        is made, and a job may have none.
        """
        day = f"{job.sesam_day:%Y%m%d}"
        task = _UNSAFE.sub("_", job.task).encode()[:_LONGEST_TASK_BYTES].decode(errors="ignore")
        number = f"{job.number:03}_" if job.number else ""
        is_main = part is ProtocolPart.MAIN
        place = self._lis if is_main else self._prepost
        suffix = _MIGRATION if is_main and job.kind is JobKind.MIGRATION else part.value
        return place / day / f"{task}-{day}_{number}{job.id}.{suffix}"

    def _marks_of(self, file: Path) -> "_Marks":
        with self._lock:
            marks = self._marks.setdefault(file, _Marks())
            self._marks.move_to_end(file)
            if len(self._marks) > _MARKED_FILES:
                self._marks.popitem(last=False)
            return marks


class _Marks:
    """Where some lines of one file begin, so that a page is found without reading all before it.
    Only what was added since the last look is read. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inode = 0
        self._end: int
        self._forget()

    def near(self, line: int, stream: BinaryIO) -> tuple[int, int, int]:
        """A line at or a little before the wanted one, its offset, and how many whole lines there
        are."""
        with self._lock:
            self._look(stream)
            place = bisect_right(self._lines, line) - 1
            return self._lines[place], self._offsets[place], self._total

    def _look(self, stream: BinaryIO) -> None:
        status = os.fstat(stream.fileno())
        if status.st_ino != self._inode or status.st_size < self._end:
            self._inode = status.st_ino
            self._forget()
        begin = stream.seek(self._end)
        while block := stream.read(_BLOCK):
            whole = block.rfind(b"\n") + 1
            if whole:
                self._total += block.count(b"\n")
                self._end = begin + whole
                if self._end - self._offsets[-1] >= _BLOCK:
                    self._lines.append(self._total)
                    self._offsets.append(self._end)
            begin += len(block)

    def _forget(self) -> None:
        self._lines = [0]
        self._offsets = [0]
        self._total = 0  # whole lines
        self._end = 0  # behind the last of them


def _cut_torn_line(stream: BinaryIO) -> None:
    """Removes what a crash or a full disk left behind the last whole line."""
    end = stream.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - _BLOCK)
        stream.seek(start)
        newline = stream.read(end - start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    stream.truncate(end)


def _parsed(raw: bytes, job: Job) -> ProtocolLine:
    text = raw.decode("utf-8", "backslashreplace").removesuffix("\n")
    try:
        time, level, code, message = (
            _ESCAPED.sub(lambda found: _SIGNS[found[0]], field) for field in text.split("\t")
        )
        return ProtocolLine(datetime.fromisoformat(time), Level(level), code, message)
    except ValueError:
        # Written by something else, or lost in a crash: shown as it stands.
        return ProtocolLine(job.create_time, Level.WARNING, "LINE_DAMAGED", text)
