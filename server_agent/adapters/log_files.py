"""The agent's log: one file a day, none larger than a limit, and not more days than a limit."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

from server_agent.ports import Clock

DAYS_KEPT = 30
LARGEST_FILE = 10 << 20  # bytes; the older half of a day that says more is forgotten
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class DailyLog(RotatingFileHandler):
    """Writes `agent_<date>.log` of the site's day into a directory."""

    def __init__(self, directory: Path, clock: Clock, largest_file: int) -> None:
        self._directory = directory
        self._clock = clock
        super().__init__(
            self._file(), maxBytes=largest_file, backupCount=1, encoding="utf-8", delay=True
        )
        self._forget_old_days()

    def emit(self, record: logging.LogRecord) -> None:
        file = str(self._file())
        if file != self.baseFilename:
            self.close_stream()
            self.baseFilename = file
            self._forget_old_days()
        super().emit(record)

    def close_stream(self) -> None:
        if self.stream is not None:
            self.stream.close()
            self.stream = None

    def _file(self) -> Path:
        day = self._clock.local(self._clock.now())
        return self._directory.absolute() / f"agent_{day:%Y%m%d}.log"

    def _forget_old_days(self) -> None:
        days = sorted(self._directory.glob("agent_????????.log"))
        for file in days[:-DAYS_KEPT]:
            file.unlink(missing_ok=True)
            file.with_name(file.name + ".1").unlink(missing_ok=True)


@contextmanager
def logging_to(directory: Path, clock: Clock, largest_file: int = LARGEST_FILE) -> Iterator[None]:
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
        yield
    finally:
        root.setLevel(before)
        for handler in (daily, stderr):
            root.removeHandler(handler)
            handler.close()
