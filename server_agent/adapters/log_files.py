"""The logs of the agent's parts: one a sesam day, none larger than a limit, and not more days than
a limit.

`<part>_<date>.log` grows. When it is full it gets a number (`.1`, `.2`, ...), of which the last is
kept. A line of a log is one line of the file, with its time, level and logger before it, also where
a message has several.
"""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

from server_agent.domain.logs import PART_LOG_NAMES, part_log
from server_agent.domain.quoting import printable
from server_agent.ports import Clock

DAYS_KEPT = 30
LARGEST_FILE = 10 << 20  # bytes; of a day that says more, so much is kept twice
_CUT = "Older lines of this day are not kept: it has said more than twice %d bytes"


class DailyLog(RotatingFileHandler):
    """Writes the log of one part: `<name>_<date>.log` of the sesam day into a directory; before the
    first one is known, that of the site's calendar.

    A log that cannot be written, on a full disk, is said once on standard error; what is lost is
    lost, and the first record that can be written again is.
    """

    def __init__(self, part: str, directory: Path, clock: Clock, largest_file: int) -> None:
        self._part = part
        self._failure: OSError | None = None
        self._directory = directory
        self._clock = clock
        self._day: date | None = None
        super().__init__(
            self._file(),
            maxBytes=largest_file,
            backupCount=1,
            encoding="utf-8",
            delay=True,
            errors="backslashreplace",
        )
        self._forget_old_days()

    def begin(self, day: date) -> None:
        """What is logged from now on belongs to that sesam day."""
        self._day = day

    def emit(self, record: logging.LogRecord) -> None:
        file = str(self._file())
        if file != self.baseFilename:
            self.close_stream()
            self.baseFilename = file
            self._forget_old_days()
        elif not os.path.exists(file):  # removed meanwhile: nobody could read what is written
            self.close_stream()
        before, self._failure = self._failure, None
        super().emit(record)
        if self._failure is not None and before is None:
            sys.stderr.write(
                f"The log {file} cannot be written: {self._failure.strerror}. "
                "The agent goes on without it\n"
            )

    def doRollover(self) -> None:
        self.close_stream()
        full = Path(self.baseFilename)
        numbers = sorted(
            int(old.suffix[1:])
            for old in full.parent.glob(f"{full.name}.*")
            if old.suffix[1:].isdecimal()
        )
        full.rename(f"{full}.{numbers[-1] + 1 if numbers else 1}")
        for number in numbers:
            Path(f"{full}.{number}").unlink(missing_ok=True)
        self.stream = self._open()
        if numbers:
            level, said = logging.WARNING, (self.maxBytes,)
            cut = logging.LogRecord(__name__, level, __file__, 0, _CUT, said, None)
            self.stream.write(self.format(cut) + self.terminator)

    def handleError(self, record: logging.LogRecord) -> None:
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            self._failure = error
            self.close_stream()
        else:
            super().handleError(record)

    def close_stream(self) -> None:
        if self.stream is not None:
            with suppress(OSError):  # what is in its buffer may not fit the disk; it is closed
                self.stream.close()
            self.stream = None

    def _file(self) -> Path:
        day = self._day or self._clock.local(self._clock.now())
        return self._directory.absolute() / f"{self._part}_{day:%Y%m%d}.log"

    def _forget_old_days(self) -> None:
        begin = len(self._part) + 1
        files = [(file.name[begin : begin + 8], file) for file in self._all()]
        days = sorted({day for day, _ in files})[:-DAYS_KEPT]
        for day, file in files:
            if day in days:
                with suppress(OSError):
                    file.unlink(missing_ok=True)

    def _all(self) -> list[Path]:
        return [*self._directory.glob(f"{self._part}_????????.log*")]


class PartLogs(logging.Handler):
    """Gives each record to the log of the part that it is of; `largest_file` in bytes."""

    def __init__(self, directory: Path, clock: Clock, largest_file: int) -> None:
        super().__init__()
        self._logs = {
            name: DailyLog(name, directory, clock, largest_file) for name in PART_LOG_NAMES
        }

    def begin(self, day: date) -> None:
        """What is logged from now on belongs to that sesam day."""
        for log in self._logs.values():
            log.begin(day)

    def emit(self, record: logging.LogRecord) -> None:
        self._logs[part_log(record.name)].handle(record)

    def setFormatter(self, fmt: logging.Formatter | None) -> None:
        for log in self._logs.values():
            log.setFormatter(fmt)

    def close(self) -> None:
        for log in self._logs.values():
            log.close()
        super().close()


class _Lines(logging.Formatter):
    """Each line of a record by itself, so that none can be taken for another record."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def format(self, record: logging.LogRecord) -> str:
        moment = self._clock.local(datetime.fromtimestamp(record.created, UTC))
        time = moment.isoformat(" ", "milliseconds")
        before = f"{time} {record.levelname} {record.name}: "
        said = super().format(record)
        return "\n".join(before + printable(line) for line in said.splitlines() or [""])


@contextmanager
def logging_to(
    directory: Path, clock: Clock, largest_file: int = LARGEST_FILE
) -> Iterator[PartLogs]:
    """Logs into the directory, and warnings to standard error too."""
    parts = PartLogs(directory, clock, largest_file)
    stderr = logging.StreamHandler()
    stderr.setLevel(logging.WARNING)
    formatter = _Lines(clock)
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.INFO)
    for handler in (parts, stderr):
        handler.setFormatter(formatter)
        root.addHandler(handler)
    try:
        yield parts
    finally:
        root.setLevel(before)
        for handler in (parts, stderr):
            root.removeHandler(handler)
            handler.close()
