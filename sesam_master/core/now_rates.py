"""How fast running work is: of each job over the last 15 minutes, and of all over half an hour."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

SLOT_SECONDS = 10.0
JOB_SLOTS = 90
TOTAL_SLOTS = 216
# A rate is measured over this long at least, so that it can be read.
REACH_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class _Sample:
    seconds: float
    done_bytes: int

    @property
    def slot(self) -> int:
        return _slot(self.seconds)


class Speed:
    """Of one job, from what it reports. One that reports nothing any more gets slower."""

    def __init__(self) -> None:
        self._kept: deque[_Sample] = deque(maxlen=JOB_SLOTS + 1)  # the first of each slot
        self._newest: _Sample | None = None

    def see(self, done_bytes: int, now: datetime) -> None:
        """Takes a report. One that goes back in bytes or time begins anew."""
        sample = _Sample(now.timestamp(), done_bytes)
        newest = self._newest
        if newest is not None and (
            done_bytes < newest.done_bytes or sample.seconds < newest.seconds
        ):
            self._kept.clear()
        if not self._kept or sample.slot > self._kept[-1].slot:
            self._kept.append(sample)
        self._newest = sample

    def rate(self, now: datetime) -> float | None:
        """Bytes per second at present; None before there are two reports."""
        newest, until = self._newest, now.timestamp()
        if newest is None:
            return None
        early = (s for s in reversed(self._kept) if until - s.seconds >= REACH_SECONDS)
        since = next(early, self._kept[0])
        seconds = until - since.seconds
        if since is newest:
            return 0.0 if seconds >= REACH_SECONDS else None
        return (newest.done_bytes - since.done_bytes) / seconds if seconds > 0 else None

    def line(self, now: datetime) -> tuple[float | None, ...]:
        """Bytes per second in each slot of the last 15 minutes, the present one last; None where
        nothing is known."""
        last = _slot(now.timestamp())
        found: dict[int, float] = {}
        samples = list(self._kept)
        if samples and self._newest is not None and self._newest is not samples[-1]:
            samples.append(self._newest)
        for one, next_one in pairwise(samples):
            seconds = next_one.seconds - one.seconds
            if seconds <= 0:
                continue
            rate = (next_one.done_bytes - one.done_bytes) / seconds
            for slot in range(one.slot, max(one.slot + 1, next_one.slot)):
                found[slot] = rate
        return tuple(found.get(slot) for slot in range(last - JOB_SLOTS + 1, last + 1))


@dataclass(frozen=True, slots=True)
class Drop:
    """From here on the sum is without a location at which something ran."""

    time: datetime
    location: str


class RateHistory:
    """The sum over all locations that are proved, as it was seen from this desk."""

    def __init__(self) -> None:
        self._sums: dict[int, float] = {}
        self._drops: list[Drop] = []

    def note(self, rate: float, now: datetime) -> None:
        """The sum as it is now; of one slot the newest stays."""
        last = _slot(now.timestamp())
        self._sums[last] = rate
        first = last - TOTAL_SLOTS + 1
        for old in [slot for slot in self._sums if not first <= slot <= last]:
            del self._sums[old]
        self._drops = [d for d in self._drops if _slot(d.time.timestamp()) >= first]

    def drop(self, location: str, now: datetime) -> None:
        """A location at which something ran does not prove itself any more."""
        self._drops.append(Drop(now, location))

    @property
    def drops(self) -> tuple[Drop, ...]:
        return tuple(self._drops)

    def line(self, now: datetime) -> tuple[float | None, ...]:
        """Bytes per second in each slot, the present one last; None where nobody looked."""
        last = _slot(now.timestamp())
        return tuple(self._sums.get(slot) for slot in range(last - TOTAL_SLOTS + 1, last + 1))


def _slot(seconds: float) -> int:
    return int(seconds // SLOT_SECONDS)
