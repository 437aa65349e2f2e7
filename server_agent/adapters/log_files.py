"""The agent's log: one file a sesam day, none larger than a limit, and not more days than a
limit."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

from server_agent.ports import Clock

DAYS_KEPT = 30
LARGEST_FILE = 10 << 20  # bytes; the older half of a day that says more is forgotten
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class DailyLog(RotatingFileHandler):
    """Writes `agent_<date>.log` of the sesam day into a directory; before the first one is known,
    that of the site's calendar.

    A log that cannot be written, on a full disk, is said once on standard error; what is lost is
    lost, and the first record that can be written again is.
    """

    def __init__(self, directory: Path, clock: Clock, largest_file: int) -> None:
        self._failure: OSError | None = None
        self._directory = directory
        self._clock = clock
        self._day: date | None = None
        super().__init__(
            self._file(), maxBytes=largest_file, backupCount=1, encoding="utf-8", delay=True
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
        return self._directory.absolute() / f"agent_{day:%Y%m%d}.log"

    def _forget_old_days(self) -> None:
        days = sorted(self._directory.glob("agent_????????.log"))
        for file in days[:-DAYS_KEPT]:
            for old in (file, file.with_name(file.name + ".1")):
                with suppress(OSError):
                    old.unlink(missing_ok=True)


@contextmanager
def logging_to(
    directory: Path, clock: Clock, largest_file: int = LARGEST_FILE
) -> Iterator[DailyLog]:
    """Logs into the directory, and warnings to standard error too."""
    daily = DailyLog(directory, clock, largest_file)
    stderr = logging.StreamHandler()
    stderr.setLevel(logging.WARNING)
    formatter = logging.Formatter(_FORMAT)
    formatter.converter = lambda seconds: clock.local(
        datetime.fromtimestamp(seconds or 0.0).astimezone()
    ).timetuple()
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.INFO)
    for handler in (daily, stderr):
        handler.setFormatter(formatter)
        root.addHandler(handler)
    try:
        yield daily
    finally:
        root.setLevel(before)
        for handler in (daily, stderr):
            root.removeHandler(handler)
            handler.close()
