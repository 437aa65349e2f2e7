"""An agent whose clock a test sets: `python -m tests.e2e.set_clock_agent ROOT OFFSET`.

OFFSET is a file that holds by how many seconds its clock is ahead of the machine's; without it they
agree. It waits for less than it should, so that it soon looks at the clock again.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from server_agent.app import serve
from server_agent.installation import find_installation

WAITS_SHORTER = 20.0


class SetClock:
    """The `Clock` port."""

    zone_name = "Europe/Berlin"

    def __init__(self, offset: Path) -> None:
        self._offset = offset

    def now(self) -> datetime:
        try:
            ahead = float(self._offset.read_text())
        except FileNotFoundError:
            ahead = 0.0
        return datetime.now(UTC) + timedelta(seconds=ahead)

    def set_ahead(self, ahead: timedelta) -> None:
        """By so much from now on, or behind by a negative one."""
        part = self._offset.with_suffix(".new")
        part.write_text(repr(ahead.total_seconds()))
        part.replace(self._offset)

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.zone_name))

    def seconds(self, duration: timedelta) -> float:
        return duration.total_seconds() / WAITS_SHORTER


def _announce(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve(find_installation(Path(sys.argv[1]), {}), _announce, SetClock(Path(sys.argv[2])))
