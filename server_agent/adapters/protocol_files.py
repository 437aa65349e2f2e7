"""The `Protocols` port over files: one per job, below the directory of its sesam day.

A line of the file is one line of the protocol: time, level, code and text, separated by tabs. A
backslash, tab, line feed or carriage return within a field is written as \\\\, \\t, \\n or \\r.
"""

import os
import re
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from server_agent.domain.jobs import Job, Level, ProtocolLine

_LONGEST_TASK_BYTES = 150  # of the 255 that a file name may have
_BLOCK = 64 * 1024
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_SIGNS = {escape: sign for sign, escape in _ESCAPES.items()}
_ESCAPE_TABLE = str.maketrans(_ESCAPES)
_ESCAPED = re.compile(r"\\[\\tnr]")
_UNSAFE = re.compile(r"[^\w.\-]")


class ProtocolFile:
    """Appends to one protocol. Each line reaches the file before `write` returns."""

    def __init__(self, file: Path) -> None:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._stream = os.fdopen(descriptor, "r+b", buffering=0)
        _cut_torn_line(self._stream)

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

    def close(self) -> None:
        self._stream.close()


class ProtocolFiles:
    """The `Protocols` port."""

    def __init__(self, lis: Path) -> None:
        self._lis = lis

    def open(self, job: Job) -> ProtocolFile:
        file = self.file(job)
        file.parent.mkdir(mode=0o700, exist_ok=True)
        return ProtocolFile(file)

    def read(self, job: Job, after_line: int, limit: int) -> tuple[list[ProtocolLine], bool]:
        try:
            stream = self.file(job).open("rb")
        except FileNotFoundError:
            return [], False
        with stream:
            # The last line may be on its way.
            whole = (line for line in stream if line.endswith(b"\n"))
            raw = list(islice(whole, after_line, after_line + limit + 1))
        return [_parsed(line, job) for line in raw[:limit]], len(raw) > limit

    def file(self, job: Job) -> Path:
        """`<sesam day>/<task>-<sesam day>_<job>.not`; signs of the task that are awkward in a
        file name become "_"."""
        day = f"{job.sesam_day:%Y%m%d}"
        task = _UNSAFE.sub("_", job.task).encode()[:_LONGEST_TASK_BYTES].decode(errors="ignore")
        return self._lis / day / f"{task}-{day}_{job.id}.not"


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
