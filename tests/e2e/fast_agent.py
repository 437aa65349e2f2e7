"""An agent whose clock runs faster: `python -m tests.e2e.fast_agent ROOT ZONE EPOCH BEGIN FACTOR`.

EPOCH is a file that holds a moment of the machine's clock in seconds since 1970; until somebody
writes it, the clock stands. BEGIN is what it shows at that moment (ISO 8601), FACTOR how many of
its seconds pass in one of the machine's. Processes that are given the same clock agree about the
time.
"""

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from server_agent.app import serve
from server_agent.installation import find_installation


@dataclass(frozen=True)
class FastClock:
    """The `Clock` port."""

    zone_name: str
    epoch: Path
    begin: datetime
    factor: float

    def now(self) -> datetime:
        return self.begin + timedelta(seconds=self._elapsed() * self.factor)

    def start(self) -> None:
        """From now on it runs, for everybody who has it."""
        part = self.epoch.with_suffix(".new")
        part.write_text(repr(time.time()))
        part.replace(self.epoch)

    def _elapsed(self) -> float:
        try:
            return time.time() - float(self.epoch.read_text())
        except FileNotFoundError:
            return 0.0

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.zone_name))

    def seconds(self, duration: timedelta) -> float:
        return duration.total_seconds() / self.factor

    @property
    def arguments(self) -> tuple[str, ...]:
        """What `clock_of` makes the same clock of."""
        return self.zone_name, str(self.epoch), self.begin.isoformat(), repr(self.factor)


def clock_of(zone: str, epoch: str, begin: str, factor: str) -> FastClock:
    moment = datetime.fromisoformat(begin).astimezone(UTC)
    return FastClock(zone, Path(epoch), moment, float(factor))


def main(root: str, *clock: str) -> None:
    installation = find_installation(Path(root), {})
    serve(installation, _announce, clock_of(*clock))


def _announce(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
